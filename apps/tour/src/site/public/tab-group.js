// <tab-group>: tabs by click, arrow keys, Home and End. Without it the first panel is shown.

class TabGroup extends HTMLElement {
  connectedCallback() {
    this.addEventListener('click', (event) => {
      const tab = event.target.closest('[role=tab]')
      if (tab) this.#open(tab)
    })
    this.addEventListener('keydown', (event) => {
      if (!event.target.matches('[role=tab]')) return
      const tabs = this.#tabs()
      const index = tabs.indexOf(event.target)
      const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key]
      if (to === undefined) return
      event.preventDefault()
      const tab = tabs.at(to % tabs.length)
      this.#open(tab)
      tab.focus()
    })
  }

  #tabs() {
    return [...this.querySelectorAll('[role=tab]')]
  }

  #open(chosen) {
    for (const tab of this.#tabs()) {
      const isOpen = tab === chosen
      tab.setAttribute('aria-selected', String(isOpen))
      tab.tabIndex = isOpen ? 0 : -1
      document.getElementById(tab.getAttribute('aria-controls')).hidden = !isOpen
    }
  }
}

customElements.define('tab-group', TabGroup)
