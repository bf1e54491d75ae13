// Light or dark as TensorBoard is: it puts a class on the body of its own page, which a frame of the same origin can see.

export function followTheme() {
  const page = parentPage();
  if (!page) return; // a page of its own follows the browser
  const follow = () => {
    document.documentElement.style.colorScheme = page.body.classList.contains("dark-mode") ? "dark" : "light";
  };
  new MutationObserver(follow).observe(page.body, { attributes: true, attributeFilter: ["class"] });
  follow();
}

function parentPage() {
  try {
    return window.parent === window ? null : window.parent.document;
  } catch {
    return null; // a page of another origin around us
  }
}
