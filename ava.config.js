// Tests are TypeScript that Node runs as it is (types stripped); each file is a process of its own.
export default {
  files: ['test/**/*.test.ts'],
  extensions: ['ts'],
  workerThreads: false,
  require: ['./test/crash.ts'],
  timeout: '2m',
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
}
