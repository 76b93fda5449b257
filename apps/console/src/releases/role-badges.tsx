import { Badge } from '../ui/badge.tsx';

/** What a release, or a set of components, does now. */
export function RoleBadges({ roles }: { readonly roles: readonly string[] }) {
  return (
    <span className="inline-flex flex-wrap gap-1">
      {roles.map((role) => (
        <Badge key={role} tone="ok">
          {role === 'previous' ? 'way back' : role}
        </Badge>
      ))}
    </span>
  );
}
