import type { ExecuteResponse } from '@tandem-browser/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let sessionId: string

beforeAll(async () => {
  server = await TestServer.start()
  sessionId = (await server.createSession()).id
})

afterAll(() => server.close())

async function bash(
  code: string,
  options: { timeout?: number; in?: string } = {},
): Promise<ExecuteResponse> {
  const { in: session = sessionId, ...body } = options
  const path = `/v2/interact/${session}/execute`
  const answer = await server.api<ExecuteResponse>('POST', path, {
    code,
    language: 'bash',
    ...body,
  })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('what an execution gives', () => {
  test('both streams apart, in order, and the output as the result', async () => {
    const output = await bash(`echo one; ls /nowhere; printf 'two '; (echo three); echo four >&2`)
    expect(output).toEqual({
      success: true,
      stdout: 'one\ntwo three\n',
      stderr: expect.stringMatching(/^ls: .*\/nowhere.*\nfour\n$/),
      result: 'one\ntwo three',
      exitCode: 0,
      killed: false,
    })
  })

  test('the exit code of the last command, with what was said of it', async () => {
    expect(await bash('true; (exit 7)')).toMatchObject({
      success: true,
      exitCode: 7,
      error: 'Execution failed',
    })
    expect(await bash('echo trouble >&2; false')).toMatchObject({ exitCode: 1, error: 'trouble' })
  })

  test('errors by the lines of the code', async () => {
    const { stderr, exitCode } = await bash(`# a comment\necho fine\nno-such-command`)
    expect(stderr).toMatch(/bash: line 3: no-such-command: command not found\n$/)
    expect(exitCode).toBe(127)
  })

  test.each([
    ['a word too many', 'if true; then\n  echo x )\nfi', /line 2: syntax error near .*`\)'/],
    ['a quote without an end', 'echo before\necho "and then', /line 2: .*looking for matching `"'/],
    [
      'a block without an end',
      'echo before\nwhile true; do',
      /line 3: syntax error: .*end of file/,
    ],
    ['a substitution without an end', 'echo $(date', /looking for matching `\)'/],
  ])('a syntax error: %s', async (_, code, message) => {
    const { stderr, exitCode } = await bash(code)
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(2)
    expect(await bash('echo on')).toMatchObject({ stdout: 'on\n', exitCode: 0 })
  })

  test('what several lines, a here-document, a loop and a pipe make', async () => {
    const output = await bash(`
      count=0
      while read -r word; do
        count=$((count + 1))
        echo "$count $word"
      done <<'END' | tac
first $HOME
second \`date\`
END
      # and nothing more`)
    expect(output).toMatchObject({ stdout: '2 second `date`\n1 first $HOME\n', exitCode: 0 })
  })

  test('characters of every kind', async () => {
    const text = `ü € 🎉 \t ' " \\ $ \` ! \r \u0001 \u001e`
    const output = await bash(`cat <<'END'\n${text}\nEND`)
    expect(output.stdout).toBe(`${text}\n`)
    expect(await bash(`text='ü€🎉'; echo \${#text} "\${text:1:1}"`)).toMatchObject({
      stdout: '3 €\n',
    })
  })

  test('the same of code as long as it may be', async () => {
    const value = 'é'.repeat(49_990)
    const output = await bash(`v=${value}\necho \${#v}`)
    expect(output).toMatchObject({ stdout: '49990\n', stderr: '' })
  })

  test('a refusal of code that no shell can hold', async () => {
    const path = `/v2/interact/${sessionId}/execute`
    const { status, body } = await server.api('POST', path, { code: 'echo \0', language: 'bash' })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain('NUL')
  })

  test('at most 1 MiB of each stream', async () => {
    const output = await bash(`head -c 3M /dev/zero | tr '\\0' x; echo whole >&2`)
    expect(output).toMatchObject({ truncated: true, stderr: 'whole\n', exitCode: 0 })
    expect(output.stdout).toBe('x'.repeat(1024 * 1024))
    expect(output.result).toBe(output.stdout)
  })

  test('no input: what reads it finds its end', async () => {
    expect(await bash('cat; read -r line || echo none')).toMatchObject({ stdout: 'none\n' })
  })

  test('no pipe to the server but the output', async () => {
    const { stdout } = await bash(
      `for file in /proc/self/fd/*; do readlink "$file"; done | grep ^socket | sort -u | wc -l`,
    )
    expect(stdout).toBe('2\n')
  })
})

describe('what stays from one execution to the next', () => {
  test('variables, functions, aliases, options, the folder and the environment', async () => {
    await bash(`
      words=(a 'b c' d)
      declare -A map=([key]='some value')
      greet() { echo "hello $1"; }
      alias shout='greet LOUD'
      shopt -s extglob
      mkdir -p below; cd below
      export COLOUR=blue`)
    const { stdout } = await bash(`echo "\${words[1]}|\${map[key]}|\${#words[@]}"; greet you; shout
      [[ abc == +([a-c]) ]] && echo pattern; pwd; sh -c 'echo $COLOUR'`)
    expect(stdout).toBe(
      `b c|some value|3\nhello you\nhello LOUD\npattern\n${await workFolder()}/below\nblue\n`,
    )
    await bash('cd ..; shopt -u extglob')
  })

  test('the exit code, as $?', async () => {
    await bash('(exit 5)')
    expect(await bash('echo $?')).toMatchObject({ stdout: '5\n' })
  })

  test('background jobs, whose later output comes with the next execution', async () => {
    await bash(`mkfifo go; { read -r < go; echo from behind; echo and >&2; } & job=$!`)
    const output = await bash('echo > go; wait "$job"; echo waited; rm go')
    expect(output).toMatchObject({ stdout: 'from behind\nwaited\n', stderr: 'and\n', exitCode: 0 })
  })

  test('nothing holds up the answer that a job keeps the output open', async () => {
    const output = await bash('sleep 600 & setsid sleep 600 & echo at once')
    expect(output).toMatchObject({ stdout: 'at once\n', killed: false })
    await bash('kill %1')
  })

  test('all of it over an exit, whatever causes that', async () => {
    const exits = [
      ['exit 3', 3],
      ['set -e; false; echo not reached', 1],
      ['leave() { local IFS=,; exit 4; }; leave', 4],
      ['set -u; echo "$no_such_variable"', 127],
      ['{ exit 6; } > file', 6],
      ['exec no-such-command', 127],
    ] as const
    await bash('kept=(1 "2 3"); readonly fixed=yes; say() { echo said; }; alias again=say; cd /tmp')
    for (const [code, exitCode] of exits) {
      expect(await bash(code)).toMatchObject({ exitCode, killed: false, stdout: '' })
      const output = await bash('set +eu; echo "${kept[1]} $fixed $PWD ${IFS@Q}"; say; again')
      expect(output).toMatchObject({
        stdout: `2 3 yes /tmp $' \\t\\n'\nsaid\nsaid\n`,
        stderr: '',
        exitCode: 0,
      })
    }
    await bash('cd')
  })

  test('errexit, until it is taken back', async () => {
    await bash('set -e')
    expect(await bash('false; echo not reached')).toMatchObject({ stdout: '', exitCode: 1 })
    expect(await bash('set +e; false; echo reached')).toMatchObject({ stdout: 'reached\n' })
  })

  test('loops that the code leaves are its own', async () => {
    expect(await bash('break; break 9; echo after')).toMatchObject({ exitCode: 0 })
    expect(await bash('continue; echo after')).toMatchObject({ exitCode: 0 })
    expect(await bash('echo on')).toMatchObject({ stdout: 'on\n' })
  })
})

describe('when the shell is gone', () => {
  test.each([
    ['is replaced', 'exec sh -c "echo instead; exit 9"', { stdout: 'instead\n', exitCode: 9 }],
    ['is killed', 'echo last words; kill -KILL $$', { stdout: 'last words\n', exitCode: 137 }],
    ['is ended by its trap', `trap 'echo bye' EXIT; exit 4`, { stdout: 'bye\n', exitCode: 4 }],
    ['loses its pipes', 'rm -rf "$TMPDIR"/.[a-z]*; echo gone', { stdout: 'gone\n', exitCode: 1 }],
  ])('because it %s, the next execution has another and says so', async (_, code, expected) => {
    const { id } = await server.createSession()
    await bash('lost=1', { in: id })
    expect(await bash(code, { in: id })).toMatchObject({ ...expected, killed: false })
    const next = await bash('echo "${lost-nothing}"; agent-browser get url', { in: id })
    expect(next).toMatchObject({ stdout: 'nothing\nabout:blank\n', exitCode: 0 })
    expect(next.stderr).toContain('variables and imports of earlier executions are gone')
    expect(await bash('true', { in: id })).toMatchObject({ stderr: '' })
    await server.api('DELETE', `/v2/interact/${id}`)
  })

  test('because of the timeout, its output until then is there', async () => {
    const { id } = await server.createSession()
    const killed = await bash('echo begun; echo oh >&2; sleep 600', { timeout: 1, in: id })
    expect(killed).toMatchObject({ stdout: 'begun\n', exitCode: 124, killed: true })
    expect(killed.stderr).toMatch(/^oh\nThe execution was killed: .* 1 s\.$/)
    expect((await bash('echo on', { in: id })).stderr).toContain('are gone')
    await server.api('DELETE', `/v2/interact/${id}`)
  })
})

describe('the environment', () => {
  test('says where the session is, and leads every program out through the proxy', async () => {
    const { stdout } = await bash('env')
    const variables = new Map(
      stdout.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    )
    expect(variables.get('SESSION_ID')).toBe(sessionId)
    expect(variables.get('CDP_URL')).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/cdp\/\S+$/)
    expect(variables.get('HOME')).toBe(await workFolder())
    expect(variables.get('TERM')).toBe('dumb')
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']) {
      expect([name, variables.get(name)]).toEqual([
        name,
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      ])
    }
    expect([...variables.keys()]).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(HISTFILE|PS1|BASH_ENV)$/)]),
    )
  })

  test('is the same for the languages', async () => {
    const path = `/v2/interact/${sessionId}/execute`
    await bash('echo from bash > shared.txt')
    const { body } = await server.api<ExecuteResponse>('POST', path, {
      code: `require('node:fs').readFileSync('shared.txt', 'utf8')`,
    })
    expect(body.result).toBe('from bash\n')
  })
})

async function workFolder(): Promise<string> {
  return (await bash('echo ~')).stdout.trim()
}
