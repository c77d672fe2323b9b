import HTTPServer

/// `/openapi.json`, `/openapi.yaml`, `/docs`, `/apidocs` and what belongs to them.
struct DocumentHandlers: Sendable {
  /// Whether the page for people is served.
  let hasPage: Bool
  private let json: StaticContent
  private let yaml: StaticContent
  private let page: DocsPage

  /// Handlers that know their place among the routes and have nothing to tell yet.
  static func placeholder(hasPage: Bool) -> DocumentHandlers {
    DocumentHandlers(
      hasPage: hasPage, json: StaticContent([], mediaType: ""),
      yaml: StaticContent([], mediaType: ""), page: DocsPage(content: nil, files: [:], policy: ""))
  }

  private init(hasPage: Bool, json: StaticContent, yaml: StaticContent, page: DocsPage) {
    self.hasPage = hasPage
    self.json = json
    self.yaml = yaml
    self.page = page
  }

  /// Makes everything once, from the table that it is part of.
  init(_ document: OpenAPIDocument, hasPage: Bool, assets: DocsAssets?) {
    self.init(
      hasPage: hasPage,
      json: StaticContent(document.json, mediaType: "application/json"),
      yaml: StaticContent(document.yaml, mediaType: "application/yaml"),
      page: hasPage
        ? assets.map { DocsPage(interactive: $0) } ?? DocsPage(readable: document)
        : DocsPage(content: nil, files: [:], policy: ""))
  }

  func openAPI(_ call: Call) -> Response { json.response(to: call.request) }

  func openAPIAsYAML(_ call: Call) -> Response { yaml.response(to: call.request) }

  func docs(_ call: Call) throws -> Response {
    guard let content = page.content else { throw Problem(status: 404) }
    var response = content.response(to: call.request)
    response.headers.append("Content-Security-Policy", page.policy)
    return response
  }

  /// A part of the page; under the address that names its digest it never changes.
  func asset(_ call: Call) throws -> Response {
    guard let name = call.request.parameter("file"), let file = page.files[name] else {
      throw Problem(status: 404, detail: "The page has no such part.")
    }
    let isExact = call.request.query("v") == file.digest
    return file.response(
      to: call.request,
      cacheControl: isExact ? "public, max-age=31536000, immutable" : "no-cache")
  }
}
