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
    region: "us-east-1", service: "service")

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
    S3Example(
      method: "GET", path: "/test.txt", headers: [HTTPHeader("Range", "bytes=0-9")],
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    S3Example(
      method: "PUT", path: "/test$file.text",
      headers: [
        HTTPHeader("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        HTTPHeader("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ], body: "Welcome to Amazon S3.",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    S3Example(
      method: "GET", path: "/", query: [("lifecycle", "")],
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    S3Example(
      method: "GET", path: "/", query: [("prefix", "J"), ("max-keys", "2")],
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ])
  func anExampleOfTheManualOfS3GetsItsSignature(_ example: S3Example) throws {
    let signer = SigV4(
      Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secret: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
      region: "us-east-1", service: "s3")
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

  struct S3Example: Sendable {
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
