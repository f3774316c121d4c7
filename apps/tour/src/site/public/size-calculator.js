// Works out the size of a frame from the length of the inside leg.

const form = document.getElementById('calculator')
const size = document.getElementById('size')

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const inseam = form.elements.inseam.valueAsNumber
  if (!(inseam >= 55 && inseam <= 105)) {
    size.textContent = 'Enter a length between 55 and 105 cm.'
    form.elements.inseam.setAttribute('aria-invalid', 'true')
    return
  }
  form.elements.inseam.removeAttribute('aria-invalid')
  size.textContent = `Your frame size is ${Math.round(inseam * 0.66)} cm.`
})
