import Core
import HTTPClient
import ObjectStorage
import POSIX
import TestSupport
import Testing

/// The contract on real servers, plain, under a prefix, and with the face of Google Cloud Storage.
struct S3ContractTests {
  @Test(arguments: StorageServer.Kind.allCases, StorageContract.all.map(\.name))
  func aBucketKeepsTheContract(_ kind: StorageServer.Kind, _ name: String) throws {
    let storage = try StorageFixture.of(kind).storage()
    try check(name, storage, tellsMissingUploads: kind != .amazon)
  }

  @Test(arguments: StorageContract.all.map(\.name))
  func aPrefixOfABucketWithFurtherAttemptsKeepsTheContract(_ name: String) throws {
    let bucket = try StorageFixture.of(.openstack).storage()
    try check(name, PrefixedStorage(RetryingStorage(bucket), prefix: "deep/er"))
  }

  /// How a request to Google Cloud Storage is proven.
  enum Proof: CaseIterable, Sendable {
    /// By a token of OAuth, out of a file.
    case token
    /// By an HMAC key.
    case key
  }

  /// A bucket that asks for one of both, and what it wants to be told.
  private static let google = Result {
    let token = "ya29.token"
    let server = try StorageFixture.of(.amazon).server
    let front = try StorageFaults(before: server, googleToken: token)
    let directory = TemporaryDirectory()
    try File.write(Array("\(token)\n".utf8), to: directory.file("token"))
    let variables: [Proof: [String: String]] = [
      .token: ["GCS_TOKEN_FILE": directory.file("token")],
      .key: ["GCS_HMAC_ACCESS_ID": server.accessKeyID, "GCS_HMAC_SECRET": server.secret],
    ]
    return (front, directory, variables)
  }

  @Test(arguments: Proof.allCases, StorageContract.all.map(\.name))
  func googleCloudStorageKeepsTheContract(_ proof: Proof, _ name: String) throws {
    try check(
      name, PrefixedStorage(try Self.bucket(proof), prefix: "google-\(proof)"),
      tellsMissingUploads: false)
  }

  @Test func anHMACKeyWithAnotherSecretIsToldAsSuch() throws {
    let storage = try Self.bucket(.key, secret: "wrong")
    let error = failure { () throws(StorageError) in try storage.put([1], at: "a") }
    #expect(error?.kind == .badSignature)
  }

  /// The bucket as the program opens it, without further attempts.
  private static func bucket(_ proof: Proof, secret: String? = nil) throws -> S3Storage {
    let (front, _, variables) = try google.get()
    var environment = variables[proof] ?? [:]
    if let secret { environment["GCS_HMAC_SECRET"] = secret }
    let address = "gs://\(StorageServer.bucket)?endpoint=\(front.endpoint)"
    return try StoreOpener(environment).bucket(try StoreURL(address))
  }

  private func check(
    _ name: String, _ storage: any ObjectStorage, tellsMissingUploads: Bool = true
  ) throws {
    let part = try #require(StorageContract.all.first { $0.name == name })
    try part.check(
      StorageContract(storage: storage, tellsMissingUploads: tellsMissingUploads))
  }
}
