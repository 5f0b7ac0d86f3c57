import type { ProjectFacts } from '../api/types.ts';
import { useText } from '../text/use-text.ts';

const WIDTH = 220;
const HEIGHT = 56;
const GAP = 44;
/** Room at each side for the edges that are not to the next node. */
const SIDE = 190;

interface Placed {
  readonly name: string;
  readonly y: number;
}

/** The pipeline from top to bottom: steps to the next node straight, the other edges as arcs at the side, with their condition. */
export function PipelineChart({
  pipeline,
  models,
}: {
  pipeline: ProjectFacts['pipeline'];
  models: Readonly<Record<string, string>>;
}) {
  const text = useText();
  const { nodes, edges } = pipeline;
  const nameOf = ({ kind, name = kind }: { kind: string; name?: string }) => name;
  const places: Placed[] = ['', ...nodes.map(nameOf), 'end'].map((name, index) => ({
    name,
    y: index * (HEIGHT + GAP),
  }));
  const at = (name: string) => places.findIndex((place) => place.name === name);
  const height = (places.at(-1)?.y ?? 0) + HEIGHT + 8;
  const arrows = [{ from: '', to: nameOf(nodes[0] ?? { kind: '' }) }, ...edges].flatMap((edge, index) => {
    const [from, to] = [at(edge.from), at(edge.to)];
    if (from === -1 || to === -1) return [];
    const when = 'when' in edge && edge.when !== undefined ? conditionText(edge.when) : '';
    return [{ key: `${edge.from} ${edge.to} ${index}`, from, to, when }];
  });
  const left = arrows.some(({ from, to }) => to !== from + 1) ? SIDE : 2;
  const label = arrows
    .map(({ from, to, when }) => `${titleOf(from)} → ${titleOf(to)}${when === '' ? '' : ` (${when})`}`)
    .join('; ');
  function titleOf(index: number): string {
    if (index === 0) return text.project.question;
    return index === places.length - 1 ? text.project.answer : (places[index]?.name ?? '');
  }
  return (
    <div class="chart" role="img" aria-label={label}>
      <svg
        style={{ maxWidth: `${2 * left + WIDTH}px` }}
        viewBox={`0 0 ${2 * left + WIDTH} ${height}`}
        aria-hidden="true"
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            orient="auto-start-reverse"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {arrows.map(({ key, from, to, when }) => (
          <Arrow
            key={key}
            left={left}
            from={places[from]?.y ?? 0}
            to={places[to]?.y ?? 0}
            when={when}
            side={(places[to]?.y ?? 0) > (places[from]?.y ?? 0) ? -1 : 1}
          />
        ))}
        {places.map(({ y }, index) => {
          const node = nodes[index - 1];
          const alias = modelOf(node);
          const model = alias === undefined ? '' : (models[alias] ?? alias);
          return (
            <g key={y} class={node === undefined ? 'end' : 'node'}>
              <rect x={left} y={y + 4} width={WIDTH} height={HEIGHT - 8} rx={node === undefined ? HEIGHT / 2 : 10} />
              <text x={left + WIDTH / 2} y={y + HEIGHT / 2 + (model === '' ? 5 : -3)}>
                {titleOf(index)}
              </text>
              {model !== '' && (
                <text class="sub" x={left + WIDTH / 2} y={y + HEIGHT / 2 + 14}>
                  {model}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** The alias of the model that a node asks: `chat` unless it says another; undefined for one that asks none. */
export function modelOf(node: ProjectFacts['pipeline']['nodes'][number] | undefined): string | undefined {
  if (node === undefined || !('fallbacks' in node) || node.mode === 'retrieve') return undefined;
  return node.model === undefined ? 'chat' : String(node.model);
}

interface ArrowProps {
  readonly left: number;
  readonly from: number;
  readonly to: number;
  readonly when: string;
  /** 1: at the right, where edges lead back; -1: at the left. */
  readonly side: number;
}

function Arrow({ left, from, to, when, side }: ArrowProps) {
  const [start, end] = [from + HEIGHT - 4, to + 4];
  if (to - from === HEIGHT + GAP) {
    const x = left + WIDTH / 2;
    return (
      <>
        <path class="edge" d={`M${x} ${start}V${end - 1}`} marker-end="url(#arrow)" />
        {when !== '' && (
          <text class="when" x={x + 8} y={(start + end) / 2 + 4}>
            {when}
          </text>
        )}
      </>
    );
  }
  const x = side > 0 ? left + WIDTH : left;
  const [a, b] = [from + HEIGHT / 2, to + HEIGHT / 2];
  const out = x + side * (40 + Math.abs(to - from) / 12);
  return (
    <>
      <path class="edge" d={`M${x} ${a}C${out} ${a} ${out} ${b} ${x + side} ${b}`} marker-end="url(#arrow)" />
      {when !== '' && (
        <text class="when" x={out} y={(a + b) / 2} style={{ textAnchor: side > 0 ? 'start' : 'end' }}>
          {when}
        </text>
      )}
    </>
  );
}

function conditionText(when: Readonly<Record<string, unknown>>): string {
  return Object.entries(when)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${String(value)}`)
    .join(', ');
}
