/** Text made safe to stand in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A sentence whose `code` stands in backticks. */
export function prose(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** A block of code that one click selects whole. */
export function codeBlock(code: string, label: string): string {
  return `<figure class="code"><figcaption>${escapeHtml(label)}</figcaption><pre><code>${escapeHtml(code)}</code></pre></figure>`;
}
