import Crypto
import HTTPClient
import JSON
import Testing

@testable import App

@Suite struct PersonPageTests {
  private static let browser = [
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
  ]

  @Test(arguments: TestDatabase.allCases)
  func browsersGetPages(_ database: TestDatabase) throws {
    let service = try RunningService(database)
    let uuid = try service.add()
    for path in ["", "/\(uuid)"] {
      let answer = try service.people("GET", path, headers: Self.browser)
      #expect(answer.status == 200)
      #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
      #expect(answer.header("Vary")?.contains("Accept") == true)
      #expect(answer.text.hasPrefix("<!doctype html>\n<html lang=\"en\">"))
      #expect(answer.text.contains("Mr. Owen Braund"))
      #expect(answer.text.contains(uuid))
    }
  }

  @Test(arguments: ["", "/0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968"])
  func othersGetJSONOrAreToldWhatThereIs(_ path: String) throws {
    let service = try RunningService()
    _ = try service.add(["uuid": "\"0e7e4ae6-5f58-4e3c-8f2a-1d2c3b4a5968\""])
    let answer = try service.people("GET", path, headers: ["Accept": "*/*"])
    #expect(answer.header("Content-Type") == "application/json")
    #expect(answer.header("Vary")?.split(separator: ", ").contains("Accept") == true)
    let refused = try service.people("GET", path, headers: ["Accept": "text/csv"])
    #expect(refused.status == 406)
    #expect(refused.header("Vary") == "Accept")
    #expect(refused.json["detail"] == "There is application/json and text/html only.")
  }

  @Test func theStyleIsTheOneThatThePolicyAllows() throws {
    let service = try RunningService()
    let answer = try service.people("GET", headers: Self.browser)
    let policies = answer.headers.filter { $0.isNamed("Content-Security-Policy") }
    #expect(policies.count == 1)
    let style = try #require(
      answer.text.split(separator: "<style>").last?.split(separator: "</style>").first)
    let digest = Base64URL.encode(SHA256.hash(Array(style.utf8)))
      .replacing("-", with: "+").replacing("_", with: "/")
    let policy = try #require(policies.first?.value)
    #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-\(digest)='; "))
    #expect(!policy.contains("unsafe"))
    #expect(!answer.text.contains("<script") && !answer.text.contains(" style="))
  }

  @Test(arguments: [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; --", "&lt;", "]]>",
    "</title><style>", "a\u{1}b\u{7F}",
  ])
  func whatAStrangerWroteIsText(_ name: String) throws {
    let service = try RunningService()
    let uuid = try service.add(["name": JSONValue.string(name).written()])
    var escaped = HTMLText()
    escaped.text(name)
    let text = String(decoding: escaped.bytes, as: UTF8.self)
    #expect(!text.contains { "<>\"'\u{1}\u{7F}".contains($0) })
    for path in ["", "/\(uuid)"] {
      let page = try service.people("GET", path, headers: Self.browser).text
      #expect(page.contains(text))
      #expect(name == text || !page.contains(name))
    }
  }

  @Test func aPageLeadsToTheNext() throws {
    let service = try RunningService()
    for _ in 0..<3 { _ = try service.add() }
    let page = try service.people("GET", "?limit=2&x=%22%3E", headers: Self.browser)
    let link = try #require(
      page.text.split(separator: "<a rel=\"next\" href=\"").last?.split(separator: "\"").first)
    let target = link.replacing("&amp;", with: "&")
    #expect(page.header("Link") == "<\(target)>; rel=\"next\"")
    let last = try service.send("GET", String(target), headers: Self.browser)
    #expect(last.status == 200)
    #expect(!last.text.contains("rel=\"next\""))
  }

  @Test func anEmptyPageSaysSo() throws {
    let page = try RunningService().people("GET", headers: Self.browser)
    #expect(page.text.contains("Nobody is on this page."))
  }
}
