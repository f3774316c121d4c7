import type { ExecuteResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { python } from './support/python.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let sessionId: string

beforeAll(async () => {
  server = await TestServer.start()
  sessionId = (await server.createSession()).id
  if (python !== undefined) await execute(imports)
})

/** What the code of the tests uses. */
const imports = 'import asyncio, os, pathlib, signal, subprocess, sys, threading'

afterAll(() => server.close())

async function execute(code: string, options: { timeout?: number } = {}): Promise<ExecuteResponse> {
  const body = { code, language: 'python', ...options }
  const path = `/v2/interact/${sessionId}/execute`
  const answer = await server.api<ExecuteResponse>('POST', path, body)
  expect(answer.status).toBe(200)
  return answer.body
}

describe.skipIf(python === undefined)('Python', () => {
  test('gives what was printed, each stream apart, and without its last newline as the result', async () => {
    const output = await execute(
      'print("one", 2)\nprint("three")\nsys.stderr.write("four\\n")\n"not shown"',
    )
    expect(output).toEqual({
      success: true,
      stdout: 'one 2\nthree\n',
      stderr: 'four\n',
      result: 'one 2\nthree',
      exitCode: 0,
      killed: false,
    })
  })

  test('keeps the order of what it, its descriptors and its programs write', async () => {
    const output = await execute(`print("print", end=" ")
os.write(1, b"descriptor ")
subprocess.run(["sh", "-c", "printf 'program '; printf error >&2"])
sys.stdout.buffer.write(b"buffer ")
print("end")`)
    expect(output).toMatchObject({
      stdout: 'print descriptor program buffer end\n',
      stderr: 'error',
    })
  })

  test('prints any text, and replaces bytes that are none', async () => {
    const code = 'print("naïve 🦆 \\0 \\ud83d")\nos.write(1, b"\\xffok")'
    expect((await execute(code)).stdout).toBe('naïve 🦆 \0 \\ud83d\n\ufffdok')
  })

  test('keeps 1 MiB of each stream, and forgets the rest', async () => {
    const output = await execute('print("x" + "é" * 600_000)\nprint("whole", file=sys.stderr)')
    expect(output).toMatchObject({ truncated: true, exitCode: 0, stderr: 'whole\n' })
    expect(Buffer.byteLength(output.stdout)).toBe(1024 * 1024 - 1)
    expect(await execute('print("small")')).toMatchObject({ stdout: 'small\n' })
  })

  test('keeps variables, imports, functions, classes and the working directory', async () => {
    await execute(`from __future__ import annotations
import pickle
count = 1
class Kept: pass
def increment():
    global count
    count += 1
pathlib.Path("below").mkdir()
os.chdir("below")`)
    const output = await execute(`increment()
def later(x: NotDefined): pass
print(count, type(pickle.loads(pickle.dumps(Kept()))).__name__, __name__, os.path.basename(os.getcwd()))`)
    expect(output).toMatchObject({ stderr: '', stdout: '2 Kept __main__ below\n' })
    await execute('os.chdir(os.environ["HOME"])')
  })

  test('imports what lies in its working directory, and nothing of the kernel', async () => {
    await execute('pathlib.Path("streams.py").write_text("own = 42")')
    expect(await execute('import streams\nprint(streams.own)')).toMatchObject({ result: '42' })
  })

  test('waits at the top level, and goes on with tasks between two executions', async () => {
    await execute(`begun, done = asyncio.Event(), asyncio.Event()
async def work():
    await begun.wait()
    print("in between")
    done.set()
task = asyncio.create_task(work())
asyncio.get_running_loop().call_soon(begun.set)`)
    const output = await execute(`await done.wait()
async def numbers():
    yield 1
    yield 2
print([n async for n in numbers()])`)
    expect(output.stdout).toBe('in between\n[1, 2]\n')
  })

  test('runs threads and subprocesses beside the loop', async () => {
    const output = await execute(`found = []
thread = threading.Thread(target=lambda: found.append("thread"))
thread.start()
found.append(await asyncio.to_thread(lambda: "other thread"))
process = await asyncio.create_subprocess_exec("echo", "child", stdout=subprocess.PIPE)
found.append((await process.communicate())[0].decode().strip())
thread.join()
print(sorted(found))`)
    expect(output.result).toBe("['child', 'other thread', 'thread']")
  })

  test('reads the end of its input at once', async () => {
    expect((await execute('input()')).stderr).toMatch(/EOFError: EOF when reading a line$/)
  })

  test('runs code that is indented as a whole', async () => {
    expect(await execute('\n    for n in range(2):\n        print(n)\n')).toMatchObject({
      stdout: '0\n1\n',
    })
  })
})

describe.skipIf(python === undefined)('Python code that fails', () => {
  test.each([
    [
      'in a function',
      'def outer():\n    return json.loads("{")\nimport json\nouter()',
      /^Traceback \(most recent call last\):\n {2}File "execution-\d+\.py", line 4, in <module>\n {4}outer\(\)\n(?: +[~^]+\n)? {2}File "execution-\d+\.py", line 2, in outer\n {4}return json\.loads\("\{"\)\n(?: +[~^]+\n)?json\.decoder\.JSONDecodeError: Expecting property name/,
    ],
    [
      'after a wait',
      'async def later():\n    await asyncio.sleep(0)\n    raise ValueError("no")\nawait later()',
      /line 4, in <module>\n {4}await later\(\)\n(?: +[~^]+\n)? {2}File "execution-\d+\.py", line 3, in later\n {4}raise ValueError\("no"\)\n(?: +[~^]+\n)?ValueError: no$/,
    ],
    [
      'while another failure is handled',
      'try:\n    {}["key"]\nexcept KeyError as error:\n    raise RuntimeError("second") from error',
      /KeyError: 'key'\n\nThe above exception was the direct cause[^]*line 4[^]*RuntimeError: second$/,
    ],
    [
      'because it cannot be read',
      'good = 1\nfoo bar',
      /^File "execution-\d+\.py", line 2\n {4}foo bar\n {8}\^\^\^\nSyntaxError: invalid syntax$/,
    ],
    [
      'in a call of Playwright',
      'await page.click("#none", timeout=50)',
      /line 1, in <module>\n {4}await page\.click\("#none", timeout=50\)\n[^]*TimeoutError: Page\.click: Timeout 50ms exceeded/,
    ],
    [
      'in a deep recursion',
      'def first(n): return second(n)\ndef second(n): return first(n)\nfirst(1)',
      /RecursionError: maximum recursion depth exceeded/,
    ],
    ['with an interrupt of its own', 'raise KeyboardInterrupt', /KeyboardInterrupt$/],
    ['as it is cancelled', 'raise asyncio.CancelledError', /CancelledError$/],
  ])('%s', async (_, code, error) => {
    const output = await execute(code)
    expect(output).toMatchObject({ success: true, exitCode: 1, killed: false })
    expect(output.error).toMatch(error)
    expect(output.stderr.trim()).toBe(output.error)
    // Nothing of the libraries and the kernel shows, and it stays short.
    expect(output.stderr).not.toMatch(/tandem_kernel|site-packages|lib\/python/)
    expect(output.stderr.split('\n').length).toBeLessThan(40)
  })

  test('what it printed comes first', async () => {
    const output = await execute('print("out")\nprint("err", file=sys.stderr)\n1 / 0')
    expect(output).toMatchObject({ stdout: 'out\n', result: 'out' })
    expect(output.stderr).toMatch(/^err\nTraceback[^]*ZeroDivisionError: division by zero$/)
  })

  test('in a task or a thread that nobody waits for is told with the next execution', async () => {
    await execute(`async def stray():
    raise ValueError("stray task")
asyncio.create_task(stray())
def in_thread():
    raise ValueError("stray thread")
thread = threading.Thread(target=in_thread)
asyncio.get_running_loop().call_soon(thread.start)`)
    const output = await execute('await asyncio.to_thread(thread.join)\npage.title()')
    expect(output.exitCode).toBe(0)
    expect(output.stderr).toMatch(/execution-\d+\.py", line 2, in stray\n/)
    expect(output.stderr).toMatch(/Exception in thread[^]*\.py", line 5, in in_thread\n/)
    expect(output.stderr).toMatch(/RuntimeWarning: coroutine 'Page\.title' was never awaited/)
  })
})

describe.skipIf(python === undefined)('Python code that ends itself', () => {
  test.each([
    ['sys.exit(3)', 3, ''],
    ['sys.exit()', 0, ''],
    ['exit(2)', 2, ''],
    ['raise SystemExit("words")', 1, 'words'],
    ['sys.exit(256 + 7)', 7, ''],
  ])('with %s keeps its kernel', async (code, exitCode, stderr) => {
    await execute('kept = 1')
    const output = await execute(`print("out")\n${code}\nprint("not any more")`)
    expect(output).toMatchObject({ stdout: 'out\n', stderr, exitCode, killed: false })
    expect('error' in output).toBe(exitCode !== 0)
    expect(await execute('print(kept)')).toMatchObject({ result: '1', stderr: '' })
  })

  test('in a task keeps its kernel', async () => {
    await execute('async def leave(): sys.exit(5)\ntask = asyncio.create_task(leave())')
    const output = await execute('await asyncio.sleep(0)\nprint(kept)')
    expect(output).toMatchObject({ result: '1', exitCode: 0 })
  })

  test('by the end of its process loses it, which the next execution says once', async () => {
    expect(await execute('print("bye")\nos._exit(4)')).toMatchObject({
      stdout: 'bye\n',
      exitCode: 4,
      killed: false,
    })
    const next = await execute('print("kept" in globals())')
    expect(next).toMatchObject({ result: 'False', exitCode: 0 })
    expect(next.stderr).toContain('gone')
    expect((await execute(imports)).stderr).toBe('')
  })
})

describe.skipIf(python === undefined)('a python kernel goes on', () => {
  test.each([
    ['closes its streams', 'sys.stdout.close()\nos.close(1)\nos.close(2)\nexit()'],
    ['stops the loop', 'asyncio.get_running_loop().stop()\nawait asyncio.sleep(0)'],
    ['cancels its own task', 'asyncio.current_task().cancel()'],
    ['interrupts itself', 'os.kill(os.getpid(), signal.SIGINT)\nawait asyncio.sleep(60)'],
    ['cancels every task', 'for task in asyncio.all_tasks(): task.cancel()'],
    ['lets go of the browser', 'await browser.close()'],
    ['closes the context', 'await context.close()'],
    [
      'kills the driver',
      `driver = [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()
          and open(f"/proc/{p}/stat").read().split(") ")[1].split()[1] == str(os.getpid())
          and "run-driver" in open(f"/proc/{p}/cmdline").read()]
os.kill(int(driver[0]), signal.SIGKILL)
await page.title()`,
    ],
  ])('when code %s', async (_, code) => {
    await execute('kept = 42')
    await execute(code)
    const output = await execute('print(kept, await page.evaluate("6 * 7"))')
    expect(output).toMatchObject({ stdout: '42 42\n', exitCode: 0 })
    expect(output.stderr).not.toContain('restarted')
  })

  test('when code forks, and answers once', async () => {
    const output = await execute('child = os.fork()\nif child: os.waitpid(child, 0)\nprint("here")')
    expect(output).toMatchObject({ stdout: 'here\nhere\n', exitCode: 0 })
    expect(await execute('print("next")')).toMatchObject({ stdout: 'next\n' })
  })
})
