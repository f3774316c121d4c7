import type { ChatSetting } from '../agent/setting.ts'

export function EmptyState({
  setting,
  onTask,
}: {
  setting: ChatSetting
  onTask: (text: string) => void
}) {
  const { isScripted, tasks, problem } = setting
  return (
    <div className="empty">
      <h2>What should the browser do?</h2>
      <p>
        It opens a page in a session of its own and works on it step by step, beside this
        conversation. Before it runs code, it asks.
      </p>
      {isScripted && (
        <p className="scripted-note">
          <strong>This is scripted.</strong> The environment has no key of a model, so a script
          plays one. Pages, tools and answers are real; it understands these tasks and nothing else.
        </p>
      )}
      <ul className="tasks">
        {tasks.map(({ title, note, text }) => (
          <li key={title}>
            <button
              type="button"
              className="task"
              disabled={problem !== undefined}
              onClick={() => onTask(text)}
            >
              <span className="task-title">{title}</span>
              <span className="task-note">{note}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
