import Core
import HTTPClient
import HTTPServer
import JSON
import POSIX
import TestSupport
import Testing
import Tokens

@testable import App

/// Walks every operation of the table on the running service: what is documented is what comes.
@Suite struct WalkerTests {
  /// Headers that come only where there is something to say.
  private static let occasional: Set = ["Link", "Age"]

  @Test(arguments: TestDatabase.allCases)
  func everyExampleIsAnsweredAsPromised(_ database: TestDatabase) throws {
    let site = try WalkSite(database)
    for operation in site.walk.operations {
      let answer = try site.example(operation).send(to: site.service)
      let promise = try #require(operation.contract.answers.first)
      let id = operation.contract.id
      #expect(answer.status == promise.status, "\(id): \(answer.text)")
      let content = promise.contents.first
      #expect(answer.mediaType == content?.mediaType, "\(id)")
      if let content { expect(answer, fits: content, id) }
      for header in promise.headers where !Self.occasional.contains(header.name) {
        #expect(answer.header(header.name) != nil, "\(id): \(header.name)")
      }
      if operation.answersUnchanged { #expect(answer.header("ETag") != nil, "\(id)") }
      expectCommonHeaders(answer, id)
    }
  }

  @Test func everyRepresentationComesToThoseWhoAskForIt() throws {
    let site = try WalkSite(.sqlite)
    for operation in site.walk.operations {
      for content in operation.contract.answers.first?.contents ?? [] {
        var request = try site.example(operation)
        request.headers["Accept"] = content.mediaType
        let answer = try request.send(to: site.service)
        #expect(answer.mediaType == content.mediaType, "\(operation.contract.id)")
        expect(answer, fits: content, operation.contract.id)
      }
      guard operation.contract.isNegotiated else { continue }
      var request = try site.example(operation)
      request.headers["Accept"] = "image/png"
      #expect(try request.send(to: site.service).status == 406, "\(operation.contract.id)")
    }
  }

  @Test func whatAClientHasIsNotSentAgain() throws {
    let site = try WalkSite(.sqlite)
    for operation in site.walk.operations where operation.answersUnchanged {
      var request = try site.example(operation)
      request.headers["If-None-Match"] = try request.send(to: site.service).header("ETag")
      let answer = try request.send(to: site.service)
      #expect(answer.status == 304, "\(operation.contract.id)")
      #expect(answer.body.isEmpty)
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func everyFailureThatARequestCausesIsToldAsPromised(_ database: TestDatabase) throws {
    let site = try WalkSite(database)
    for operation in site.walk.operations {
      for failure in operation.contract.failures {
        guard let request = try site.example(operation).failing(failure.cause) else { continue }
        let answer = try request.send(to: site.service)
        let name = "\(operation.contract.id), \(failure.summary)"
        #expect(answer.status == failure.status, "\(name) \(answer.text)")
        switch failure.body {
        case .text(let text, let mediaType):
          #expect(answer.text == text, "\(name)")
          #expect(answer.mediaType == mediaType, "\(name)")
        case .json(let value):
          #expect(answer.json == value, "\(name)")
          #expect(answer.mediaType == "application/json", "\(name)")
        case nil: expectProblem(answer, failure.status, name)
        }
        expectCommonHeaders(answer, name)
      }
    }
  }

  @Test func whatNeedsATokenIsRefusedWithoutOne() throws {
    let site = try WalkSite(.sqlite, ["AUTH": "all"])
    for operation in site.walk.operations where operation.contract.access != .open {
      var request = try site.walk.example(operation)
      for (status, authorization) in [
        (401, nil), (401, "Bearer not.a.token"), (403, "Bearer \(try WalkSite.token([]).reveal())"),
      ] as [(Int, String?)] {
        request.headers["Authorization"] = authorization
        let answer = try request.send(to: site.service)
        if status == 403 {
          guard case .scope = operation.contract.access else { continue }
        }
        expectProblem(answer, status, operation.contract.id)
        #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer") == true)
      }
    }
  }

  private func expect(_ answer: HTTPResponse, fits content: Answer.Content, _ id: String) {
    guard content.mediaType == "application/json" else {
      #expect(!answer.body.isEmpty, "\(id)")
      return
    }
    #expect(content.schema.violations(of: answer.json) == [], "\(id): \(answer.text)")
  }
}

/// A service on which everything can be walked: pages are on, and page views have a source.
struct WalkSite {
  let service: RunningService
  let walk: Walk
  private let upstream: UpstreamDouble

  init(_ database: TestDatabase, _ variables: [String: String] = [:]) throws {
    let directory = TemporaryDirectory()
    let url = try database.make(in: directory)
    try TestDatabase.migrate(url)
    try self.init(databaseURL: url, directory: directory, variables)
  }

  /// On a database that is migrated already.
  init(
    databaseURL: String, directory: TemporaryDirectory = TemporaryDirectory(),
    _ variables: [String: String] = [:]
  ) throws {
    upstream = try UpstreamDouble()
    let fixed = [
      "APP_SETTINGS": "testing", "PAGEVIEWS_BASE_URL": upstream.url, "JWT_SECRET": Self.secret,
    ]
    service = try RunningService(
      databaseURL: databaseURL, directory: directory, fixed.merging(variables) { $1 })
    let scopes = service.service.routes.documented.compactMap { operation in
      if case .scope(let scope) = operation.contract.access { scope } else { nil }
    }
    walk = Walk(service: service, token: try Self.token(scopes))
  }

  private static let secret = String(repeating: "walker ", count: 8)

  static func token(_ scopes: [String]) throws -> Secret {
    try TokenSigner(secret: Secret(secret)).sign(
      TokenClaims(
        subject: "walker", scopes: scopes,
        expiresAt: Timestamp(
          microsecondsSinceEpoch: Timestamp.now().microsecondsSinceEpoch + 600_000_000)))
  }

  func example(_ operation: Operation) throws -> ExampleRequest { try walk.example(operation) }
}

func expectProblem(_ answer: HTTPResponse, _ status: Int, _ name: String) {
  #expect(answer.status == status, "\(name) \(answer.text)")
  #expect(answer.mediaType == "application/problem+json", "\(name)")
  #expect(answer.json["status"]?.number == Int64(status), "\(name)")
  for field in ["type", "title"] {
    #expect(answer.json[field]?.text?.isEmpty == false, "\(name): \(field)")
  }
  for error in answer.json["errors"]?.elements ?? [] {
    #expect(error["pointer"]?.text?.hasPrefix("#") == true, "\(name)")
    #expect(error["detail"]?.text?.isEmpty == false, "\(name)")
  }
}

func expectCommonHeaders(_ answer: HTTPResponse, _ name: String) {
  for header in [
    "X-Request-Id", "X-Revision", "traceparent", "X-Content-Type-Options",
    "Content-Security-Policy", "Referrer-Policy",
  ] {
    #expect(answer.header(header) != nil, "\(name): \(header)")
  }
}

extension HTTPResponse {
  /// The media type without its parameters; nil where there is no body.
  var mediaType: String? {
    header("Content-Type")?.split(separator: ";").first.map(String.init)
  }
}
