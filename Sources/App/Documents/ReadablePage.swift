import Crypto
import HTTPServer
import JSON

extension DocsPage {
  /// The document as a page to read: what is served where Swagger UI was not fetched.
  init(readable document: OpenAPIDocument) {
    let style = StaticContent(
      Array(ReadablePage.style.utf8), mediaType: "text/css; charset=utf-8")
    let page = ReadablePage(document.value, style: "/docs/page.css?v=\(style.digest)")
    self.init(
      content: StaticContent(page.bytes, mediaType: "text/html; charset=utf-8"),
      files: ["page.css": style],
      policy: "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'")
  }
}

/// Turns the document into HTML without scripts.
struct ReadablePage {
  private var html = HTMLText()
  private let document: JSONValue

  var bytes: [UInt8] { html.bytes }

  /// `style` is the address of the stylesheet.
  init(_ document: JSONValue, style: String) {
    self.document = document
    let title = document["info"]?["title"]?.text ?? ""
    html.markup(
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="stylesheet" href="\(style)">

      """)
    html.element("title", "", "\(title) API")
    html.markup("\n</head>\n<body>\n<header>\n")
    html.element("h1", "", "\(title) \(document["info"]?["version"]?.text ?? "")")
    paragraphs(document["info"]?["description"]?.text)
    html.markup(
      """
      <p><a href="/openapi.json">openapi.json</a> <a href="/openapi.yaml">openapi.yaml</a></p>
      </header>

      """)
    contents()
    html.markup("<main>\n")
    for tag in document["tags"]?.elements ?? [] { section(tag) }
    html.markup("</main>\n</body>\n</html>\n")
  }

  private typealias Entry = (method: String, path: String, operation: JSONValue)

  private func operations(_ tag: String) -> [Entry] {
    (document["paths"]?.members ?? []).flatMap { path in
      (path.value.members ?? []).compactMap { method in
        method.value["tags"]?.elements?.first?.text == tag
          ? (method.name.uppercased(), path.name, method.value) : nil
      }
    }
  }

  private mutating func contents() {
    html.markup("<nav aria-label=\"Operations\">\n")
    for tag in document["tags"]?.elements ?? [] {
      let name = tag["name"]?.text ?? ""
      html.element("h2", "", name)
      html.markup("<ul>\n")
      for entry in operations(name) {
        html.markup("<li><a href=\"#\(entry.operation["operationId"]?.text ?? "")\">")
        html.element("b", "", entry.method)
        html.text(" \(entry.path)")
        html.markup("</a></li>\n")
      }
      html.markup("</ul>\n")
    }
    html.markup("</nav>\n")
  }

  private mutating func section(_ tag: JSONValue) {
    let name = tag["name"]?.text ?? ""
    html.markup("<section>\n")
    html.element("h2", "", name)
    paragraphs(tag["description"]?.text)
    for entry in operations(name) { article(entry) }
    html.markup("</section>\n")
  }

  private mutating func article(_ entry: Entry) {
    let operation = entry.operation
    html.markup("<article id=\"\(operation["operationId"]?.text ?? "")\">\n<h3>")
    html.element("b", " class=\"\(entry.method.lowercased())\"", entry.method)
    html.text(" ")
    html.element("code", "", entry.path)
    html.markup("</h3>\n")
    paragraphs(operation["summary"]?.text)
    paragraphs(operation["description"]?.text)
    parameters(operation["parameters"]?.elements ?? [])
    if let content = operation["requestBody"]?["content"] {
      html.markup("<h4>Body</h4>\n")
      examples(content)
    }
    html.markup("<h4>Answers</h4>\n<dl>\n")
    for answer in operation["responses"]?.members ?? [] {
      let value = resolved(answer.value)
      html.element("dt", "", answer.name)
      html.markup("<dd>")
      paragraphs(value["description"]?.text)
      if let content = value["content"], Int(answer.name) ?? 0 < 400 { examples(content) }
      html.markup("</dd>\n")
    }
    html.markup("</dl>\n</article>\n")
  }

  private mutating func parameters(_ parameters: [JSONValue]) {
    if parameters.isEmpty { return }
    html.markup("<h4>Parameters</h4>\n<dl>\n")
    for parameter in parameters.map(resolved) {
      html.markup("<dt>")
      html.element("code", "", parameter["name"]?.text ?? "")
      html.element("small", "", " \(parameter["in"]?.text ?? "")")
      html.markup("</dt>\n<dd>")
      paragraphs(parameter["description"]?.text)
      html.markup("</dd>\n")
    }
    html.markup("</dl>\n")
  }

  private mutating func examples(_ content: JSONValue) {
    for entry in content.members ?? [] {
      guard let example = entry.value["example"] else { continue }
      html.element("p", " class=\"type\"", entry.name)
      html.markup("<pre tabindex=\"0\">")
      html.text(
        entry.name.hasSuffix("json")
          ? example.written(pretty: true) : example.text ?? example.written())
      html.markup("</pre>\n")
    }
  }

  /// What a reference to a component stands for.
  private func resolved(_ value: JSONValue) -> JSONValue {
    guard let reference = value["$ref"]?.text else { return value }
    return reference.split(separator: "/").dropFirst()
      .reduce(document) { $0[String($1)] ?? .null }
  }

  /// Text in paragraphs, with what stands between backticks as code.
  private mutating func paragraphs(_ text: String?) {
    for part in (text ?? "").split(separator: "\n\n") {
      html.markup("<p>")
      for (index, piece) in part.split(separator: "`", omittingEmptySubsequences: false)
        .enumerated()
      {
        if index % 2 == 1 {
          html.element("code", "", String(piece))
        } else {
          html.text(String(piece))
        }
      }
      html.markup("</p>\n")
    }
  }

  static let style = """
    :root{color-scheme:light dark;--ink:#1b1f24;--dim:#59636e;--line:#d5dae0;--paper:#fff;\
    --raised:#f5f7f9;--link:#0b57d0;--get:#0b57d0;--put:#8a4b00;--post:#116329;--delete:#b3261e}
    @media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--dim:#9aa4af;--line:#343b44;\
    --paper:#14171b;--raised:#1d2127;--link:#8ab4f8;--get:#8ab4f8;--put:#f0b26b;--post:#7bd88f;\
    --delete:#ff8a80}}
    *{box-sizing:border-box}
    body{margin:0 auto;max-width:80rem;padding:1.5rem 1rem;background:var(--paper);\
    color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
    a{color:var(--link)}
    header a{margin-right:1rem}
    header p,section>p,article>p{max-width:45rem}
    h1{font-size:1.7rem;line-height:1.25;margin:0 0 .5rem}
    h2{font-size:1.25rem;margin:2rem 0 .5rem}
    h3{font-size:1rem;margin:0;overflow-wrap:anywhere}
    h4{font-size:.85rem;color:var(--dim);margin:1rem 0 .25rem}
    p{margin:.4rem 0}
    code,pre{font:.875rem/1.5 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
    nav h2{font-size:.95rem;margin:1rem 0 .25rem}
    nav ul{margin:0;padding:0;list-style:none}
    nav a{text-decoration:none;overflow-wrap:anywhere;font-size:.875rem}
    nav b{display:inline-block;min-width:4rem;font-weight:600}
    article{background:var(--raised);border:1px solid var(--line);border-radius:.6rem;\
    padding:1rem 1.25rem;margin:1rem 0;scroll-margin-top:1rem}
    h3 b{display:inline-block;min-width:4rem}
    .get{color:var(--get)}.put{color:var(--put)}.post{color:var(--post)}
    .delete{color:var(--delete)}
    dl{margin:0;display:grid;grid-template-columns:minmax(3rem,max-content) 1fr;gap:.25rem 1rem}
    dt{font-weight:600}dd{margin:0;min-width:0}dd p{margin:0 0 .25rem}
    small,.type{color:var(--dim);font-size:.8rem;font-weight:400}
    pre{margin:.25rem 0 .5rem;padding:.6rem .8rem;border:1px solid var(--line);\
    border-radius:.4rem;background:var(--paper);overflow-x:auto;white-space:pre}
    @media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
    @media(min-width:64rem){body{display:grid;grid-template-columns:18rem minmax(0,1fr);\
    gap:0 2.5rem}header{grid-column:1/-1}\
    nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1rem 0}}

    """
}
