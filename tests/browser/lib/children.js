// Processes that a test starts end with it, however it ends.
const children = new Set();
process.once('exit', () => {
  for (const child of children) child.kill('SIGTERM');
});

/** Gives the child back. */
export function keep(child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}
