import { chooseModel, type ChosenModel } from './choose-model.ts'
import { ScriptedModel } from './scripted-model.ts'
import { scriptFor, suggestTasks, type SuggestedTask } from './tasks.ts'

/** What the page says of the model, and what it suggests. Nothing in it is secret. */
export interface ChatSetting {
  modelLabel: string
  /** Whether a script plays the model. */
  isScripted: boolean
  /** What is wrong with the environment; nothing can be sent then. */
  problem?: string
  tasks: SuggestedTask[]
}

/** What the environment makes of the page. */
export function readSetting(environment: NodeJS.ProcessEnv): ChatSetting {
  const tasks = suggestTasks(shopUrlIn(environment))
  try {
    const chosen = chooseModel(environment)
    return chosen
      ? { modelLabel: chosen.label, isScripted: false, tasks }
      : { modelLabel: 'Scripted model', isScripted: true, tasks }
  } catch (error) {
    return { modelLabel: 'No model', isScripted: false, problem: (error as Error).message, tasks }
  }
}

/** The model of the environment, or the script that plays one. */
export function modelIn(environment: NodeJS.ProcessEnv): Omit<ChosenModel, 'label'> {
  return (
    chooseModel(environment) ?? {
      model: new ScriptedModel(scriptFor(shopUrlIn(environment))),
      seesPictures: true,
    }
  )
}

function shopUrlIn(environment: NodeJS.ProcessEnv): string | undefined {
  return environment['CHAT_SHOP_URL'] || undefined
}
