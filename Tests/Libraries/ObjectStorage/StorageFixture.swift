import Core
import HTTPClient
import JSON
import ObjectStorage
import TestSupport
import Testing

/// A bucket of a real server, and what tests ask of it.
struct StorageFixture {
  static let amazon = Result { try StorageFixture(.amazon) }
  static let openstack = Result { try StorageFixture(.openstack) }

  static func of(_ kind: StorageServer.Kind) throws -> StorageFixture {
    switch kind {
    case .amazon: try amazon.get()
    case .openstack: try openstack.get()
    }
  }

  let kind: StorageServer.Kind
  let server: StorageServer

  private init(_ kind: StorageServer.Kind) throws {
    self.kind = kind
    server = try StorageServer(kind)
  }

  var credentials: Credentials {
    Credentials(accessKeyID: server.accessKeyID, secret: Secret(server.secret))
  }

  var profile: ProviderProfile { ProviderProfile(kind == .amazon ? .moto : .openstack) }

  /// The bucket, asked for at the server itself unless it is said otherwise.
  func storage(
    endpoint: String? = nil, credentials: Credentials? = nil,
    timeouts: StorageTimeouts = StorageTimeouts()
  ) throws -> S3Storage {
    let chain = CredentialChain(credentials ?? self.credentials)
    return try Self.storage(
      endpoint ?? server.endpoint, profile, SigV4Authorizer(chain, .amazon, region: "us-east-1"),
      timeouts)
  }

  static func storage(
    _ endpoint: String, _ profile: ProviderProfile, _ authorizer: any RequestAuthorizer,
    _ timeouts: StorageTimeouts = StorageTimeouts()
  ) throws -> S3Storage {
    let place = try #require(
      S3Endpoint(endpoint, bucket: StorageServer.bucket, usesPathStyle: true))
    return S3Storage(
      endpoint: place, profile: profile, authorizer: authorizer, timeouts: timeouts)
  }
}

/// Asks for faults, and what came.
struct FaultControl {
  let faults: StorageFaults
  private let client = HTTPClient()

  init(before fixture: StorageFixture) throws {
    faults = try StorageFaults(before: fixture.server)
  }

  func set(_ wanted: [JSONValue]) throws {
    let body = Array(JSONValue.array(wanted).written().utf8)
    _ = try client.send(HTTPRequest(faults.endpoint + "/-/faults", method: "PUT", body: body))
  }

  /// Method and target of each request so far, and the named header.
  func requests(header: String = "x-amz-date") throws -> [(line: String, header: String)] {
    let answer = try client.send(HTTPRequest(faults.endpoint + "/-/requests"))
    let list = try JSONReader.read(answer.body).elements ?? []
    return list.map { request in
      let line = (request["method"]?.text ?? "") + " " + (request["target"]?.text ?? "")
      return (line, request["headers"]?[header]?.text ?? "")
    }
  }
}

/// The failure of `body`, nil where it did well.
func failure(_ body: () throws(StorageError) -> Void) -> StorageError? {
  do throws(StorageError) {
    try body()
    return nil
  } catch {
    return error
  }
}
