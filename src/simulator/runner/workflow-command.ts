/** A line of a step's output that is meant for the runner: `::error file=a.js,line=3::It is wrong`. */
export interface WorkflowCommand {
  name: string;
  properties: Record<string, string>;
  data: string;
}

/**
 * Reads a line as actions/runner does (`ActionCommand.cs`): `::name key=value::data` after spaces at the most, or the older
 * `##[name key=value;]data` anywhere in it. Null for what is no command of these names, which are compared in lower case.
 */
export function readCommand(line: string, names: ReadonlySet<string>): WorkflowCommand | null {
  return (
    read(/^\s*::(?<name>[^\s:]+)(?: (?<properties>.*?))?::(?<data>.*)$/s, line, names, ',', NEW) ??
    read(/##\[(?<name>[^\s\]]+)(?: (?<properties>[^\]]*))?\](?<data>.*)$/s, line, names, ';', OLD)
  );
}

type Escapes = { data: readonly string[]; properties: readonly string[] };

const DATA = ['\r', '\n'];
const NEW: Escapes = { data: DATA, properties: [...DATA, ':', ','] };
const OLD: Escapes = { data: [';', ...DATA, ']'], properties: [';', ...DATA, ']'] };

function read(
  pattern: RegExp,
  line: string,
  names: ReadonlySet<string>,
  separator: string,
  escapes: Escapes,
): WorkflowCommand | null {
  const { name = '', properties = '', data = '' } = pattern.exec(line)?.groups ?? {};
  if (!names.has(name.toLowerCase())) return null;
  const pairs = properties
    .trim()
    .split(separator)
    .map(pair => /^([^=]+)=(.+)$/s.exec(pair))
    .filter(match => match !== null)
    .map(([, key = '', value = '']) => [key, decode(value, escapes.properties)]);
  return {
    name: name.toLowerCase(),
    properties: Object.fromEntries(pairs),
    data: decode(data, escapes.data),
  };
}

/** The per cent sign comes last: `%250A` is the text `%0A`. */
function decode(text: string, characters: readonly string[]): string {
  return [...characters, '%'].reduce((plain, character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
    return plain.replaceAll(`%${code}`, character);
  }, text);
}
