// A clock and a wheel that never stand still.

const clock = document.getElementById('clock')
const openFor = document.getElementById('open-for')
const wheel = document.getElementById('wheel')
const opened = performance.now()

function tick(now) {
  const time = new Date()
  const tenths = Math.floor(time.getMilliseconds() / 100)
  clock.textContent = `${time.toTimeString().slice(0, 8)}.${tenths}`
  clock.dateTime = time.toISOString()
  openFor.textContent = String(Math.floor((now - opened) / 1000))
  wheel.style.transform = `rotate(${(now / 12) % 360}deg)`
  requestAnimationFrame(tick)
}

requestAnimationFrame(tick)
