/** The parts of a relative path that stays inside its root and out of git's own files; null for any other. */
export function insidePath(path: string): string[] | null {
  if (path.startsWith('/') || /[\0\r\n]/.test(path)) return null;
  const parts = path.split('/').filter(part => part !== '' && part !== '.');
  if (parts.length === 0) return null;
  return parts.some(part => part === '..' || part.toLowerCase() === '.git') ? null : parts;
}
