import Crypto
import HTTPServer

/// The page for people, with the files that it loads.
struct DocsPage: Sendable {
  /// Nil where no page is served.
  let content: StaticContent?
  let files: [String: StaticContent]
  /// What the page may load and do.
  let policy: String
}

extension DocsPage {
  /// Swagger UI, of which every request can be sent from the page.
  init(interactive assets: DocsAssets) {
    let script = "text/javascript; charset=utf-8"
    let style = "text/css; charset=utf-8"
    let files = [
      "swagger-ui.css": StaticContent(assets.stylesheet, mediaType: style),
      "swagger-ui-bundle.js": StaticContent(assets.bundle, mediaType: script),
      "favicon-32x32.png": StaticContent(assets.icon, mediaType: "image/png"),
      "page.css": StaticContent(Array(Self.interactiveStyle.utf8), mediaType: style),
      "page.js": StaticContent(Array(Self.start.utf8), mediaType: script),
    ]
    func address(_ name: String) -> String {
      "/docs/\(name)?v=\(files[name]?.digest ?? "")"
    }
    let html = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>Slipway API</title>
      <link rel="icon" type="image/png" href="\(address("favicon-32x32.png"))">
      <link rel="stylesheet" href="\(address("swagger-ui.css"))">
      <link rel="stylesheet" href="\(address("page.css"))">
      <script src="\(address("swagger-ui-bundle.js"))" defer></script>
      <script src="\(address("page.js"))" defer></script>
      </head>
      <body>
      <noscript><p>This page needs scripts. The document itself:
      <a href="/openapi.json">JSON</a>, <a href="/openapi.yaml">YAML</a>.</p></noscript>
      <div id="swagger-ui"></div>
      </body>
      </html>

      """
    self.init(
      content: StaticContent(Array(html.utf8), mediaType: "text/html; charset=utf-8"),
      files: files,
      // The pictures are inside the stylesheet.
      policy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  }

  private static let start = """
    // Swagger UI has a dark face; it is shown to those who prefer one.
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
    dark.addEventListener("change", follow);
    follow();
    window.ui = SwaggerUIBundle({
      url: "/openapi.json",
      dom_id: "#swagger-ui",
      deepLinking: true,
      displayRequestDuration: true,
      presets: [SwaggerUIBundle.presets.apis],
      validatorUrl: null,
    });

    """

  private static let interactiveStyle = """
    html{box-sizing:border-box;overflow-y:scroll;scroll-padding-top:1rem}
    *,*::before,*::after{box-sizing:inherit}
    body{margin:0;background:#fafafa}
    html.dark-mode body{background:#1c2022}
    noscript p{font:1rem/1.5 system-ui,sans-serif;margin:2rem}
    .swagger-ui .info{margin:2rem 0}

    """
}
