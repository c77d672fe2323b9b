import Crypto
import HTTPServer
import SQL

/// People as pages for browsers: no scripts, nothing from elsewhere, light and dark.
enum PersonPage {
  static let mediaType = "text/html"

  /// A page of the list.
  ///
  /// `next` is the target of the page that follows.
  static func table(_ people: [Person], next: String?) -> Response {
    var html = HTMLText()
    let heads = ["Name", "Survived", "Class", "Sex", "Age"] + relatives + ["Fare"]
    html.markup("<h1>People</h1>\n")
    guard !people.isEmpty else {
      html.markup("<p>Nobody is on this page.</p>\n")
      return page("People", html)
    }
    html.markup("<table>\n<thead><tr>")
    for head in heads { html.element("th", " scope=\"col\"", head) }
    html.markup("</tr></thead>\n<tbody>\n")
    for person in people {
      html.markup("<tr><th scope=\"row\"><a href=\"/people/\(person.uuid)\"><bdi>")
      html.text(person.name)
      html.markup("</bdi></a></th>")
      for (head, fact) in zip(heads.dropFirst(), facts(person)) {
        html.element("td", " data-head=\"\(head)\"", fact)
      }
      html.markup("</tr>\n")
    }
    html.markup("</tbody>\n</table>\n")
    if let next {
      html.markup("<p><a rel=\"next\" href=\"")
      html.text(next)
      html.markup("\">Next page</a></p>\n")
    }
    return page("People", html)
  }

  /// One person.
  static func card(_ person: Person) -> Response {
    var html = HTMLText()
    html.markup("<article>\n<h1><bdi>")
    html.text(person.name)
    html.markup("</bdi></h1>\n<dl>\n")
    let heads = ["Survived", "Passenger class", "Sex", "Age"] + relatives + ["Fare", "UUID"]
    for (head, fact) in zip(heads, facts(person) + [person.uuid.description]) {
      html.markup("<div>")
      html.element("dt", "", head)
      html.element("dd", "", fact)
      html.markup("</div>\n")
    }
    html.markup("</dl>\n</article>\n<p><a href=\"/people\">All people</a></p>\n")
    return page(person.name, html)
  }

  private static let relatives = ["Siblings or spouses", "Parents or children"]

  private static func facts(_ person: Person) -> [String] {
    [
      person.survived ? "yes" : "no", String(person.passengerClass), person.sex.rawValue,
      String(person.age), String(person.siblingsOrSpousesAboard),
      String(person.parentsOrChildrenAboard), String(describing: person.fare),
    ]
  }

  private static func page(_ title: String, _ body: HTMLText) -> Response {
    var html = HTMLText()
    html.markup(
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">

      """)
    html.element("title", "", title)
    html.markup("\n<style>\(style)</style>\n</head>\n<body>\n<main>\n")
    html.append(body)
    html.markup("</main>\n</body>\n</html>\n")
    var response = Response.bytes(html.bytes, contentType: "\(mediaType); charset=utf-8")
    response.headers.append("Content-Security-Policy", policy)
    return response
  }

  /// The style is allowed by its digest, so that nothing a stranger wrote can be one.
  private static let policy: String = {
    let digest = Base64URL.encode(SHA256.hash(Array(style.utf8)))
      .replacing("-", with: "+").replacing("_", with: "/")
    return "default-src 'none'; style-src 'sha256-\(digest)='; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'"
  }()

  /// On narrow screens each row of the table becomes a card.
  private static let style = """
    :root{color-scheme:light dark;--ink:#1b1f24;--dim:#59636e;--line:#d5dae0;--paper:#fff;\
    --raised:#f5f7f9;--link:#0b57d0}
    @media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--dim:#9aa4af;--line:#343b44;\
    --paper:#14171b;--raised:#1d2127;--link:#8ab4f8}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);\
    font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
    main{max-width:75rem;margin:0 auto;padding:1.5rem 1rem}
    h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem;overflow-wrap:anywhere}
    a{color:var(--link)}
    table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
    thead th{position:sticky;top:0;background:var(--paper);color:var(--dim);font-size:.85rem;\
    vertical-align:bottom;box-shadow:0 1px var(--line)}
    th,td{padding:.45rem .6rem;text-align:left}
    th[scope=row]{font-weight:600;min-width:12rem;overflow-wrap:anywhere}
    td{white-space:nowrap}
    td:nth-child(n+5),thead th:nth-child(n+5){text-align:right}
    tbody tr{border-bottom:1px solid var(--line)}
    tbody tr:nth-child(even){background:var(--raised)}
    article{max-width:36rem;background:var(--raised);border:1px solid var(--line);\
    border-radius:.6rem;padding:1.25rem}
    dl{margin:0}
    dl div{display:flex;gap:1rem;justify-content:space-between;padding:.4rem 0;\
    border-top:1px solid var(--line)}
    dt{color:var(--dim)}
    dd{margin:0;text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
    @media(max-width:48rem){
    thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    table,tbody{display:block}
    tbody tr{display:block;background:var(--raised);border:1px solid var(--line);\
    border-radius:.6rem;padding:.75rem 1rem;margin-bottom:.75rem}
    th[scope=row]{display:block;padding:0 0 .4rem;min-width:0}
    td,td:nth-child(n+5){display:flex;gap:1rem;justify-content:space-between;padding:.2rem 0;\
    text-align:right}
    td::before{content:attr(data-head);color:var(--dim);text-align:left}
    }
    """
}

/// HTML in the making.
struct HTMLText: Sendable {
  private(set) var bytes: [UInt8] = []

  /// Adds markup of our own.
  mutating func markup(_ markup: String) { bytes += Array(markup.utf8) }

  /// Adds what a stranger may have written, for content and for attributes in double quotes.
  mutating func text(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): markup("&amp;")
      case UInt8(ascii: "<"): markup("&lt;")
      case UInt8(ascii: ">"): markup("&gt;")
      case UInt8(ascii: "\""): markup("&quot;")
      case UInt8(ascii: "'"): markup("&#39;")
      // Control characters are no text in HTML; what was there is seen all the same.
      case 0..<0x09, 0x0B..<0x20, 0x7F: markup("\u{FFFD}")
      default: bytes.append(byte)
      }
    }
  }

  /// Adds an element with nothing but text in it; `attributes` are markup.
  mutating func element(_ name: String, _ attributes: String, _ content: String) {
    markup("<\(name)\(attributes)>")
    text(content)
    markup("</\(name)>")
  }

  mutating func append(_ other: HTMLText) { bytes += other.bytes }
}
