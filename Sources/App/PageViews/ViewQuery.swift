import Core

/// Whose views are asked for: one article in one month, of one project, by access and agent.
struct ViewQuery: Sendable {
  /// By which site readers came.
  enum Access: String, Sendable, CaseIterable {
    case all = "all-access"
    case desktop
    case mobileApp = "mobile-app"
    case mobileWeb = "mobile-web"
  }

  /// What kind of reader it was.
  enum Agent: String, Sendable, CaseIterable {
    case all = "all-agents"
    case user, spider, automated
  }

  static let projectDefault = "en.wikipedia"

  var project = ViewProject.english
  var access = Access.all
  var agent = Agent.all
  let article: ArticleTitle
  let month: ViewMonth

  init(_ article: ArticleTitle, _ month: ViewMonth) {
    self.article = article
    self.month = month
  }

  /// What tells this query from every other: ASCII, so that titles which Swift holds for equal
  /// because they differ in composition alone stay apart, as they do upstream.
  var key: String {
    [project.name, access.rawValue, agent.rawValue, article.encoded, month.digits]
      .joined(separator: "/")
  }

  /// The path of the query below the upstream's base.
  var upstreamPath: String {
    let (start, end) = month.range
    let parts = [
      "per-article", project.name, access.rawValue, agent.rawValue, article.encoded, "monthly",
      start, end,
    ]
    return "/" + parts.joined(separator: "/")
  }
}

/// The title of an article as the upstream keeps it: with underscores for spaces.
struct ArticleTitle: Sendable {
  /// The longest title that a wiki has, in bytes of UTF-8.
  static let bytesMax = 255

  let text: String

  /// Takes a decoded title; nil for what no wiki can have.
  ///
  /// `.` and `..` would be steps in the upstream's path, however they are escaped.
  init?(_ text: String) {
    let text = text.replacing(" ", with: "_")
    guard (1...Self.bytesMax).contains(text.utf8.count), text != ".", text != "..",
      Self.isPrintable(text)
    else { return nil }
    self.text = text
  }

  /// Whether `text` is without control characters.
  static func isPrintable(_ text: String) -> Bool {
    !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }

  /// Percent-encoded once: nothing but unreserved characters (RFC 3986, section 2.3) stays.
  var encoded: String { PercentEncoding.encode(text) }
}

/// A project such as `en.wikipedia`, normalised as the upstream does it.
struct ViewProject: Sendable, Equatable {
  static let lengthMax = 64
  static let english = ViewProject(checked: ViewQuery.projectDefault)

  let name: String

  /// Takes `en.wikipedia`, `EN.wikipedia.org` or `www.mediawiki.org`; nil for anything else.
  init?(_ text: String) {
    guard (1...Self.lengthMax).contains(text.utf8.count), Self.begins(text[...]),
      text.utf8.allSatisfy({ Self.isAlphanumeric($0) || "_.-".utf8.contains($0) })
    else { return nil }
    var name = text.lowercased()[...]
    // What is left must begin as a name does, or it could be a step in the upstream's path.
    if name.hasPrefix("www."), Self.begins(name.dropFirst(4)) { name = name.dropFirst(4) }
    if name.hasSuffix(".org"), name.utf8.count > 4 { name = name.dropLast(4) }
    self.name = String(name)
  }

  private init(checked name: String) { self.name = name }

  private static func begins(_ text: Substring) -> Bool {
    text.utf8.first.map(isAlphanumeric) == true
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}
