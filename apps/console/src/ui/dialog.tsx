import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode } from 'react';
import { classNames } from './class-names.ts';

export interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly lead?: ReactNode;
  readonly children: ReactNode;
  readonly width?: 'normal' | 'wide';
}

/** A window over the page: takes the focus, gives it back, closes on Escape. */
export function Dialog({ isOpen, onClose, title, lead, children, width = 'normal' }: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <Base.Popup className={classNames('fixed top-1/2 left-1/2 z-50 max-h-[88dvh] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 overflow-auto rounded-xl border border-line bg-surface p-5 shadow-2xl', width === 'wide' ? 'max-w-4xl' : 'max-w-lg')}>
          <div className="mb-3 flex items-start justify-between gap-4">
            <div>
              <Base.Title className="text-base font-semibold">{title}</Base.Title>
              {lead !== undefined && <Base.Description className="mt-1 text-sm text-ink-soft">{lead}</Base.Description>}
            </div>
            <Base.Close aria-label="Close" className="inline-flex size-8 shrink-0 cursor-pointer items-center justify-center rounded-md text-ink-soft hover:bg-raised">
              <X size={16} aria-hidden />
            </Base.Close>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
