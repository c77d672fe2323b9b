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

  /// A bucket that asks for a token of OAuth, out of a file.
  private static let google = Result {
    let token = "ya29.token"
    let front = try StorageFaults(
      before: try StorageFixture.of(.amazon).server, googleToken: token)
    let directory = TemporaryDirectory()
    try File.write(Array("\(token)\n".utf8), to: directory.file("token"))
    return try (front, directory, storage(front, directory.file("token")))
  }

  @Test(arguments: StorageContract.all.map(\.name))
  func googleCloudStorageKeepsTheContract(_ name: String) throws {
    let (_, _, storage) = try Self.google.get()
    try check(name, PrefixedStorage(storage, prefix: "google"), tellsMissingUploads: false)
  }

  private static func storage(
    _ front: StorageFaults, _ tokenPath: String
  ) throws -> S3Storage {
    let tokens = BearerTokens(["GCS_TOKEN_FILE": tokenPath], client: HTTPClient())
    return try StorageFixture.storage(
      front.endpoint, ProviderProfile(.gcs), BearerAuthorizer(tokens))
  }

  private func check(
    _ name: String, _ storage: any ObjectStorage, tellsMissingUploads: Bool = true
  ) throws {
    let part = try #require(StorageContract.all.first { $0.name == name })
    try part.check(
      StorageContract(storage: storage, tellsMissingUploads: tellsMissingUploads))
  }
}
