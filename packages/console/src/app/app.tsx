import { BookOpen, FlaskConical, ListTree, MessageSquare, Settings2 } from 'lucide-preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Link, Route, Switch, useLocation } from 'wouter-preact';
import { forgetKey, storedKey, whenKeyNeeded } from './api/client.ts';
import type { Me } from './api/types.ts';
import { useLoad } from './api/use-load.ts';
import { ChatView } from './chat/chat-view.tsx';
import { useConversation } from './chat/use-conversation.ts';
import { DocumentPage } from './documents/document-page.tsx';
import { KnowledgeView } from './documents/knowledge-view.tsx';
import { EvaluationView } from './evaluation/evaluation-view.tsx';
import { ProjectView } from './project/project-view.tsx';
import { RunPage } from './runs/run-page.tsx';
import { RunsView } from './runs/runs-view.tsx';
import { KeyEntry } from './settings/key-entry.tsx';
import { useLanguage, useTheme } from './settings/preferences.ts';
import { SettingsMenu } from './settings/settings-menu.tsx';
import { texts } from './text/texts.ts';
import { LanguageContext, MeContext, TextContext, useMe, useText } from './text/use-text.ts';
import { Await, Empty } from './ui/parts.tsx';

export function App() {
  const [language, setLanguage] = useLanguage();
  const [theme, setTheme] = useTheme();
  const [keyNeeded, setKeyNeeded] = useState(false);
  useEffect(() => whenKeyNeeded(() => setKeyNeeded(true)), []);
  const me = useLoad<Me>('/api/me');
  const text = texts[language];
  const leave = () => {
    forgetKey();
    setKeyNeeded(true);
  };
  const settings = (
    <SettingsMenu
      language={language}
      setLanguage={setLanguage}
      theme={theme}
      setTheme={setTheme}
      leave={storedKey() === null ? undefined : leave}
    />
  );
  return (
    <TextContext.Provider value={text}>
      <LanguageContext.Provider value={language}>
        {keyNeeded ? (
          <KeyEntry
            settings={settings}
            onKey={() => {
              setKeyNeeded(false);
              me.again();
            }}
          />
        ) : (
          <Await of={me}>
            {(who) => (
              <MeContext.Provider value={who}>
                <Shell settings={settings} />
              </MeContext.Provider>
            )}
          </Await>
        )}
      </LanguageContext.Provider>
    </TextContext.Provider>
  );
}

const PLACES = [
  { path: '/', name: 'chat', Icon: MessageSquare },
  { path: '/runs', name: 'runs', Icon: ListTree },
  { path: '/documents', name: 'knowledge', Icon: BookOpen },
  { path: '/evaluation', name: 'evaluation', Icon: FlaskConical, operator: true },
  { path: '/project', name: 'project', Icon: Settings2, operator: true },
] as const;

function Shell({ settings }: { settings: preact.ComponentChildren }) {
  const text = useText();
  const me = useMe();
  const [location] = useLocation();
  const conversation = useConversation();
  const places = useMemo(() => PLACES.filter((place) => !('operator' in place) || me.role === 'operator'), [me.role]);
  const here = places.find(({ path }) => (path === '/' ? location === '/' : location.startsWith(path)));
  useEffect(() => {
    document.title = `${here === undefined ? '' : `${text.places[here.name]} · `}${me.project}`;
  }, [here, me.project, text]);
  return (
    <div class="shell">
      <a class="skip" href="#main">
        {text.common.skip}
      </a>
      <header class="bar">
        <Link href="/" class="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span>{me.project}</span>
        </Link>
        <nav aria-label={text.common.navigation}>
          {places.map(({ path, name, Icon }) => (
            <Link key={path} href={path} {...(here?.path === path ? { 'aria-current': 'page' as const } : {})}>
              <Icon size={18} aria-hidden="true" />
              <span>{text.places[name]}</span>
            </Link>
          ))}
        </nav>
        {settings}
      </header>
      {me.standin && (
        <p class="standin" title={text.standin.long}>
          <strong>{text.standin.title}</strong> <span>{text.standin.detail}</span>
        </p>
      )}
      <main id="main" tabIndex={-1}>
        <Switch>
          <Route path="/">
            <ChatView conversation={conversation} />
          </Route>
          <Route path="/runs">
            <RunsView />
          </Route>
          <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
          <Route path="/documents">
            <KnowledgeView />
          </Route>
          <Route path="/documents/:id">{({ id }) => <DocumentPage key={id} id={id} />}</Route>
          <Route path="/evaluation">
            <EvaluationView />
          </Route>
          <Route path="/project">
            <ProjectView />
          </Route>
          <Route>
            <Empty title={text.common.nothingHere}>
              <Link href="/">{text.places.chat}</Link>
            </Empty>
          </Route>
        </Switch>
      </main>
    </div>
  );
}
