import Core
import HTTPClient
import POSIX
import TestSupport
import Testing

@testable import App

/// The documents and the page about them.
@Suite struct DocumentTests {
  @Test func theSameTableGivesTheSameBytes() throws {
    let first = try OpenAPIDocument.describing(Configuration())
    let second = try OpenAPIDocument.describing(Configuration())
    #expect(first.json == second.json)
    #expect(first.yaml == second.yaml)
  }

  @Test func theServiceServesWhatTheCommandPrints() throws {
    let service = try RunningService(.sqlite, ["DOCS": "off"])
    let document = try OpenAPIDocument.describing(service.service.configuration)
    #expect(try service.get("/openapi.json").body == document.json)
    #expect(try service.get("/openapi.yaml").body == document.yaml)
  }

  @Test func aLargeDocumentIsPackedOnceAndNamedWeakly() throws {
    let service = try RunningService()
    let answer = try service.get("/openapi.json", headers: ["Accept-Encoding": "gzip"])
    #expect(answer.header("Content-Encoding") == "gzip")
    #expect(answer.header("Vary") == "Accept-Encoding")
    #expect(answer.header("ETag")?.hasPrefix("W/") == true)
  }

  @Test func withoutThePageItsPathsAreUnknown() throws {
    let service = try RunningService(.sqlite, ["DOCS": "off"])
    for path in ["/docs", "/apidocs", "/docs/page.css"] {
      #expect(try service.get(path).status == 404)
    }
    #expect(try !service.get("/openapi.json").text.contains("/apidocs"))
  }

  @Test func thePageOfAFolderLoadsOnlyWhatIsServedHereAndMayBeKeptForEver() throws {
    // Files that look like Swagger UI's from outside; they are read at the start.
    let folder = TemporaryDirectory()
    for name in ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"] {
      try File.write(Array(name.utf8), to: folder.file(name))
    }
    let service = try RunningService(.sqlite, ["DOCS": "on", "DOCS_ASSETS": folder.path])
    let page = try service.get("/docs")
    let policy = page.header("Content-Security-Policy") ?? ""
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
    let addresses = page.text.matches(of: #/(?:src|href)="(/docs/[^"]+)"/#).map { String($0.1) }
    #expect(addresses.count == 5)
    for address in addresses {
      let part = try service.get(address)
      #expect(part.status == 200, "\(address)")
      #expect(part.header("Cache-Control") == "public, max-age=31536000, immutable")
      let unnamed = try service.get(String(address.prefix { $0 != "?" }))
      #expect(unnamed.header("Cache-Control") == "no-cache")
    }
    #expect(try service.get("/docs/LICENSE").status == 404)
  }

  @Test func thePageToReadHasNoScripts() throws {
    let service = try RunningService(.sqlite, ["DOCS": "on"])
    let page = DocsPage(readable: try OpenAPIDocument.describing(service.service.configuration))
    let text = String(decoding: page.content?.bytes ?? [], as: UTF8.self)
    #expect(text.contains("/hello/{username}"))
    #expect(!text.contains("<script"))
    #expect(!page.policy.contains("script-src"))
  }

  @Test func aFolderThatLacksAFileStopsTheStart() throws {
    let folder = TemporaryDirectory()
    #expect(throws: StartFailure.self) {
      _ = try RunningService(.sqlite, ["DOCS": "on", "DOCS_ASSETS": folder.path])
    }
  }

  @Test func theFolderBesideTheProgramGoesFirst() throws {
    let root = TemporaryDirectory()
    let (program, tree) = (root.file("bin"), root.file("tree"))
    #expect(DocsAssets.standardFolder(program: "\(program)/app", directory: tree) == nil)
    try File.makeDirectory("\(tree)/.tools/docs-assets")
    #expect(
      DocsAssets.standardFolder(program: "\(program)/app", directory: tree)
        == "\(tree)/.tools/docs-assets")
    try File.makeDirectory("\(program)/docs-assets")
    #expect(
      DocsAssets.standardFolder(program: "\(program)/app", directory: tree)
        == "\(program)/docs-assets")
  }
}
