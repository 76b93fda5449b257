import { Moon, Sun } from 'lucide-react';
import { useTheme } from '../charts/css-colour.ts';

/** Under which public/theme.js finds the choice at the next visit. */
const KEPT_AS = 'signalbox.theme';

export function ThemeSwitch() {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  const change = (): void => {
    document.documentElement.dataset['theme'] = other;
    localStorage.setItem(KEPT_AS, other);
  };
  return (
    <button type="button" aria-label={`Use the ${other} theme`} className="inline-flex size-8 cursor-pointer items-center justify-center rounded-md text-ink-soft hover:bg-raised hover:text-ink" onClick={change}>
      {theme === 'dark' ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
    </button>
  );
}
