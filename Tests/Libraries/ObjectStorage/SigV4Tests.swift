import Core
import Crypto
import HTTPClient
import ObjectStorage
import Testing

struct SigV4Tests {
  private static let moment = Timestamp(iso8601: "2015-08-30T12:36:00Z")
  private static let signer = SigV4(
    Credentials(
      accessKeyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
    .amazon, region: "us-east-1", service: "service")

  @Test(arguments: SigV4Vector.suite)
  func aPublishedRequestGetsItsPublishedSignature(_ vector: SigV4Vector) throws {
    var subject = SigV4.Subject(
      method: vector.method, path: vector.path,
      headers: [
        HTTPHeader("Host", "example.amazonaws.com"), HTTPHeader("X-Amz-Date", "20150830T123600Z"),
      ] + vector.headers, bodyHash: SHA256.hexadecimal(vector.body))
    subject.query = vector.query
    let moment = try #require(Self.moment)
    let authorization = Self.signer.authorization(subject, at: moment)
    #expect(authorization.hasSuffix("Signature=" + vector.signature))
    #expect(
      authorization.hasPrefix(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "))
  }

  /// The examples of the manual of S3, which has rules of its own.
  ///
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  @Test(arguments: [
    Example(
      method: "GET", path: "/test.txt", headers: [HTTPHeader("Range", "bytes=0-9")],
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    Example(
      method: "PUT", path: "/test$file.text",
      headers: [
        HTTPHeader("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        HTTPHeader("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ], body: "Welcome to Amazon S3.",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    Example(
      method: "GET", path: "/", query: [("lifecycle", "")],
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    Example(
      method: "GET", path: "/", query: [("prefix", "J"), ("max-keys", "2")],
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ])
  func anExampleOfTheManualOfS3GetsItsSignature(_ example: Example) throws {
    let signer = SigV4(
      Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secret: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
      .amazon, region: "us-east-1")
    let hash = SHA256.hexadecimal(example.body)
    var subject = SigV4.Subject(
      method: example.method, path: example.path,
      headers: [
        HTTPHeader("Host", "examplebucket.s3.amazonaws.com"),
        HTTPHeader("x-amz-content-sha256", hash), HTTPHeader("x-amz-date", "20130524T000000Z"),
      ] + example.headers, bodyHash: hash)
    subject.query = example.query
    let moment = try #require(Timestamp(iso8601: "2013-05-24T00:00:00Z"))
    #expect(signer.authorization(subject, at: moment).hasSuffix("=" + example.signature))
  }

  /// Google publishes none for HMAC keys: `Tests/storage/goog4.py`, which is written from its
  /// specification, calculated these.
  @Test(arguments: [
    Example(
      method: "GET", path: "/example-bucket/cat.jpeg",
      signature: "9477354d7a8b487ffaaf7ea44d98e5b0fe919fe0bbbbc03389b48b73e114feef"),
    Example(
      method: "GET", path: "/example-bucket",
      query: [
        ("list-type", "2"), ("prefix", "orders/2026 05+1"), ("encoding-type", "url"),
        ("max-keys", "1000"),
      ], signature: "819d3efb24029bed6afe2045515fbd1797c6d2831b65abe54e3817074b48e4ba"),
    Example(
      method: "POST", path: "/example-bucket/a/b", query: [("uploads", "")],
      signature: "09a021f32efa63fa91f0a2835c3b36ed35c7d96f8fec940147fb51b80ee7cdcc"),
    Example(
      method: "PUT", path: "/example-bucket/orders/it's ü (1)/manifest.json",
      headers: [
        HTTPHeader("x-goog-if-generation-match", "0"),
        HTTPHeader("Content-MD5", "wQPDDyiTIg0+jQCoBFBBnw=="),
      ], body: "Welcome to Cloud Storage.",
      signature: "769dcdde3dadcd16151b805472707cd9e6e0a784922a21f3af882517e8ae2a31"),
  ])
  func anHMACKeyOfGoogleSignsWithGooglesNames(_ example: Example) throws {
    let chain = CredentialChain(
      Credentials(
        accessKeyID: "GOOG1EXAMPLE", secret: Secret("bGoa+V7g/yqDXvKRqq+JTFn4uQZbPiQJo4pf9RzJ"),
        sessionToken: Secret("of no use to Google")))
    var subject = SigV4.Subject(
      method: example.method, path: example.path,
      headers: [HTTPHeader("Host", "storage.googleapis.com")] + example.headers,
      bodyHash: SHA256.hexadecimal(example.body))
    subject.query = example.query
    let moment = try #require(Timestamp(iso8601: "2019-03-01T19:08:59Z"))
    let added = try SigV4Authorizer(chain, .google, region: "auto").authorize(subject, at: moment)
    #expect(added.map(\.name) == ["x-goog-date", "x-goog-content-sha256", "Authorization"])
    let authorization = added.last?.value ?? ""
    #expect(
      authorization.hasPrefix(
        "GOOG4-HMAC-SHA256 Credential=GOOG1EXAMPLE/20190301/auto/storage/goog4_request, "))
    #expect(authorization.hasSuffix("Signature=" + example.signature))
  }

  struct Example: Sendable {
    let method: String
    let path: String
    var query: [(name: String, value: String)] = []
    var headers: [HTTPHeader] = []
    var body = ""
    let signature: String
  }

  @Test func headersWhoseNamesBeginAlikeAreSortedByTheWholeName() {
    let subject = SigV4.Subject(
      method: "PUT", path: "/a",
      headers: [
        HTTPHeader("x-amz-copy-source-range", "b"), HTTPHeader("Host", "h"),
        HTTPHeader("x-amz-copy-source", "a"),
      ], bodyHash: "0")
    #expect(
      SigV4.canonicalRequest(subject)
        == "PUT\n/a\n\nhost:h\nx-amz-copy-source:a\nx-amz-copy-source-range:b\n\n"
        + "host;x-amz-copy-source;x-amz-copy-source-range\n0")
  }
}
