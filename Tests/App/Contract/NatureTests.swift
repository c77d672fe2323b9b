import HTTPClient
import HTTPServer
import JSON
import TestSupport
import Testing

@testable import App

/// What follows from the nature of an operation holds for every one of the table.
@Suite struct NatureTests {
  @Test func aMethodThatAPathDoesNotHaveIsRefusedWithThoseItHas() throws {
    let site = try WalkSite(.sqlite)
    for operation in site.walk.operations {
      let answer = try site.example(operation).send(to: site.service, method: "PATCH")
      expectProblem(answer, 405, operation.contract.id)
      let allowed = answer.header("Allow") ?? ""
      #expect(allowed.contains(operation.method.rawValue), "\(operation.contract.id): \(allowed)")
      expectCommonHeaders(answer, operation.contract.id)
    }
  }

  @Test func headIsGetWithoutABody() throws {
    let site = try WalkSite(.sqlite)
    for operation in site.walk.operations where operation.method == .get {
      let request = try site.example(operation)
      let whole = try request.send(to: site.service)
      let head = try request.send(to: site.service, method: "HEAD")
      #expect(head.status == whole.status, "\(operation.contract.id)")
      #expect(head.mediaType == whole.mediaType, "\(operation.contract.id)")
      #expect(head.body.isEmpty, "\(operation.contract.id)")
    }
  }

  @Test func aSlashAtTheEndMakesNoDifference() throws {
    let site = try WalkSite(.sqlite)
    for operation in site.walk.operations {
      var request = try site.example(operation)
      request.hasSlash = true
      let answer = try request.send(to: site.service)
      #expect(answer.status == operation.contract.answers.first?.status, "\(operation.contract.id)")
    }
  }

  @Test func unknownQueryParametersAreRefusedOnNewPathsAndIgnoredOnLegacyOnes() throws {
    let site = try WalkSite(.sqlite)
    for operation in site.walk.operations {
      var request = try site.example(operation)
      request.query = "unknownToAll=1"
      let answer = try request.send(to: site.service)
      if operation.contract.isLegacy {
        #expect(
          answer.status == operation.contract.answers.first?.status, "\(operation.contract.id)")
      } else {
        expectProblem(answer, 400, operation.contract.id)
        #expect(
          answer.json["errors"]?.elements?.first?["pointer"]?.text == "#/query/unknownToAll",
          "\(operation.contract.id)")
      }
    }
  }

  @Test func bodiesOfAnotherKindMalformedOrTooLargeAreRefused() throws {
    let site = try WalkSite(.sqlite)
    for operation in site.walk.operations {
      guard let body = operation.contract.body else { continue }
      let documented = Set(
        operation.contract.failures.map(\.status)
          + NaturalFailure.all(of: operation).map(\.status))
      var request = try site.example(operation)
      request.headers["Content-Type"] = "application/octet-stream"
      let other = try request.send(to: site.service)
      // An original service has its own word for it.
      let expected = operation.contract.refusal == nil ? [415] : [415, 400]
      #expect(expected.contains(other.status), "\(operation.contract.id): \(other.text)")
      #expect(documented.contains(other.status), "\(operation.contract.id)")
      request = try site.example(operation)
      if case .json = body.kind {
        request.body = "{"
        #expect(try request.send(to: site.service).status == 400, "\(operation.contract.id)")
      }
      request.body = String(
        repeating: " ",
        count: (operation.contract.bodyBytesMax
          ?? site.service.service.configuration.server.bodyBytesMax) + 1)
      expectProblem(try request.send(to: site.service), 413, operation.contract.id)
    }
  }

  @Test(arguments: TestDatabase.allCases)
  func aRequestThatComesTwiceWithOneKeyIsDoneOnce(_ database: TestDatabase) throws {
    let site = try WalkSite(database)
    for operation in site.walk.operations where operation.contract.takesIdempotencyKey {
      var request = try site.example(operation)
      request.headers["Idempotency-Key"] = operation.contract.id
      let first = try request.send(to: site.service)
      #expect(first.status == operation.contract.answers.first?.status, "\(first.text)")
      let second = try request.send(to: site.service)
      #expect(second.status == first.status, "\(second.text)")
      #expect(second.body == first.body)
      request.body = " \(request.body)"
      expectProblem(try request.send(to: site.service), 409, operation.contract.id)
    }
  }

  @Test func aPathThatNobodyHasIsNotFound() throws {
    let site = try WalkSite(.sqlite)
    for path in ["/", "/nothing", "/people/1/2/3", "/docs/nothing.js"] {
      let answer = try site.service.get(path)
      expectProblem(answer, 404, path)
      expectCommonHeaders(answer, path)
    }
  }
}
