// npm brings the right Node and puts it first in the PATH of its scripts; whoever runs this file by hand may have
// another, which could not even read what is imported here.
const NEEDED = 26

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `Talad runs on Node ${NEEDED}, and this is ${process.version}: start it with npm start, or with npx talad.\n`,
  )
  process.exitCode = 1
} else {
  const { run } = await import('./commands/index.ts')
  process.exitCode = await run(process.argv.slice(2))
}
