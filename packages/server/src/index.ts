export { EngineError, type Engine, type FindEngineOptions, findEngine } from './browser/engine.ts'
export { type LogLevel } from './config-settings.ts'
export { ConfigError, type ServerOptions } from './config.ts'
export { type RunningServer, startServer } from './server.ts'
