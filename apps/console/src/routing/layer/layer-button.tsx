/** A layer by its number; shows it in detail. */
export function LayerButton({ layer, isShown, onShow }: { readonly layer: number; readonly isShown: boolean; readonly onShow: () => void }) {
  return (
    <button type="button" aria-pressed={isShown} className="cursor-pointer rounded px-1.5 py-0.5 text-accent hover:underline aria-pressed:bg-accent-soft aria-pressed:font-semibold" onClick={onShow}>
      layer {layer}
    </button>
  );
}
