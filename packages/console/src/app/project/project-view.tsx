import { CircleCheck, CircleX } from 'lucide-preact';
import { useSearchParams } from 'wouter-preact';
import type { Diagnosis, ProjectFacts, ToolFacts } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { Await, Badge, Page, Scroll, Tabs, Value } from '../ui/parts.tsx';
import { modelOf, PipelineChart } from './pipeline-chart.tsx';

/** What the agent is: its pipeline, tools and configuration, and whether it is well. */
export function ProjectView() {
  const text = useText();
  const [query, setQuery] = useSearchParams();
  const tabs = [
    { id: 'pipeline', label: text.project.pipeline, content: () => <Pipeline /> },
    { id: 'tools', label: text.project.tools, content: () => <Tools /> },
    { id: 'configuration', label: text.project.configuration, content: () => <Configuration /> },
    { id: 'doctor', label: text.project.doctor, content: () => <Doctor /> },
  ];
  return (
    <Page title={text.places.project} lead={text.project.lead}>
      <Tabs
        label={text.places.project}
        tabs={tabs}
        chosen={query.get('tab') ?? 'pipeline'}
        onChoose={(tab) => setQuery({ tab })}
      />
    </Page>
  );
}

function Pipeline() {
  const text = useText();
  const loaded = useLoad<ProjectFacts>('/api/project');
  return (
    <Await of={loaded}>
      {({ pipeline, endpoint }) => (
        <>
          <PipelineChart pipeline={pipeline} models={endpoint.models} />
          <Scroll label={text.project.pipeline}>
            <table class="list">
              <thead>
                <tr>
                  <th scope="col">{text.project.node}</th>
                  <th scope="col">{text.project.kind}</th>
                  <th scope="col">{text.project.model}</th>
                  <th scope="col">{text.project.settings}</th>
                </tr>
              </thead>
              <tbody>
                {pipeline.nodes.map((node) => {
                  const { kind, name = kind, model: _, ...settings } = node;
                  const alias = modelOf(node);
                  return (
                    <tr key={name}>
                      <td>{name}</td>
                      <td>{kind}</td>
                      <td>{alias === undefined ? '–' : `${alias} → ${endpoint.models[alias] ?? '?'}`}</td>
                      <td class="small muted">
                        {Object.entries(settings)
                          .filter(([, value]) => !(Array.isArray(value) && value.length === 0) && value !== false)
                          .map(
                            ([field, value]) =>
                              `${field} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
                          )
                          .join(' · ')}
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
    </Await>
  );
}

function Tools() {
  const text = useText();
  const loaded = useLoad<{ tools: ToolFacts[] }>('/api/tools');
  return (
    <Await of={loaded}>
      {({ tools }) => (
        <ul class="items">
          {tools.map(({ name, description, inputSchema, effects, timeoutMs }) => (
            <li key={name} class="card">
              <div class="row">
                <strong>
                  <code>{name}</code>
                </strong>
                <Badge tone={effects === 'read' ? 'neutral' : 'warn'}>
                  {text.project.effects[effects as 'read'] ?? effects}
                </Badge>
                <span class="muted small">{text.project.timeout(timeoutMs / 1000)}</span>
              </div>
              <p class="pre">{description}</p>
              <details>
                <summary>{text.project.schema}</summary>
                <Value value={inputSchema} label={text.project.schema} />
              </details>
            </li>
          ))}
        </ul>
      )}
    </Await>
  );
}

function Configuration() {
  const text = useText();
  const loaded = useLoad<ProjectFacts>('/api/project');
  return (
    <Await of={loaded}>
      {({ pipeline: _, ...facts }) => (
        <div class="items">
          {Object.entries(facts)
            .filter(([, value]) => value !== null)
            .map(([name, value]) => (
              <details key={name} class="card" open={typeof value !== 'object'}>
                <summary>{name}</summary>
                <Value value={value} label={`${text.project.configuration}: ${name}`} />
              </details>
            ))}
        </div>
      )}
    </Await>
  );
}

function Doctor() {
  const text = useText();
  const loaded = useLoad<Diagnosis>('/api/doctor');
  return (
    <Await of={loaded}>
      {({ ok, checks, contacts }) => (
        <>
          <p class={ok ? 'note good' : 'note bad'}>{ok ? text.project.well : text.project.unwell}</p>
          <ul class="checks">
            {checks.map(({ name, ok: fine, message, finding }) => (
              <li key={`${name} ${message}`}>
                {fine ? (
                  <CircleCheck size={17} class="good" aria-label={text.project.fine} />
                ) : (
                  <CircleX size={17} class="bad" aria-label={text.project.wrong} />
                )}
                <div>
                  <strong>{name}</strong> {message}
                  {finding?.suggestion !== undefined && <p class="muted small">{finding.suggestion}</p>}
                </div>
              </li>
            ))}
          </ul>
          <h2>{text.project.contacts}</h2>
          <Scroll label={text.project.contacts}>
            <table class="list">
              <thead>
                <tr>
                  <th scope="col">{text.project.host}</th>
                  <th scope="col">{text.project.sent}</th>
                </tr>
              </thead>
              <tbody>
                {contacts.map(({ host, sent }) => (
                  <tr key={`${host} ${sent}`}>
                    <td>{host}</td>
                    <td>{sent}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
    </Await>
  );
}
