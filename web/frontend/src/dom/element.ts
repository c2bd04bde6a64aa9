/** Builds elements: text is always text, never markup. */

export type Child = Node | string | number | null | undefined | false;

export interface Props {
  class?: string;
  title?: string;
  on?: { [event: string]: (event: never) => void };
  data?: Record<string, string>;
  [attribute: string]: unknown;
}

/** Returns `<tag …>children</tag>`; `null`, `undefined` and `false` attributes and children are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(element, name, value);
  element.append(...children.filter(isShown).map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

/** Replaces everything inside `parent` by `children`. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(
    ...children.filter(isShown).map((child) => (child instanceof Node ? child : String(child))),
  );
}

/** An icon of `style/icons.css`. */
export function icon(name: string, more = ""): HTMLElement {
  return h("i", { class: `icon i-${name} ${more}`.trim(), "aria-hidden": "true" });
}

/** Asks the document for the one element that must be there. */
export function must<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

function isShown(child: Child): child is Node | string | number {
  return child !== null && child !== undefined && child !== false;
}

function setProp(element: HTMLElement, name: string, value: unknown): void {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value as NonNullable<Props["on"]>)) {
      element.addEventListener(event, listener as EventListener);
    }
  } else if (name === "data") {
    Object.assign(element.dataset, value);
  } else if (name === "value" && "value" in element) {
    (element as HTMLInputElement).value = String(value);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}
