import ObjectStorage
import Testing

struct StoreURLTests {
  @Test func anAddressOfS3HasBucketPrefixAndQuery() throws {
    let url = try StoreURL(
      "s3://my-bucket/a/b?endpoint=https://minio.example.org:9000&region=eu-central-1"
        + "&profile=minio&style=virtual&ca=/etc/ca%20bundle.pem")
    #expect(url.place == .bucket("my-bucket", prefix: "a/b"))
    #expect(url.endpoint == "https://minio.example.org:9000" && url.region == "eu-central-1")
    #expect(url.provider == .minio && url.usesPathStyle == false)
    #expect(url.certificateAuthorityPath == "/etc/ca bundle.pem")
    #expect(url.name == "s3://my-bucket/a/b")
  }

  @Test func theOtherThreeKinds() throws {
    #expect(try StoreURL("gs://bucket").place == .bucket("bucket", prefix: ""))
    #expect(try StoreURL("gs://bucket/p/").place == .bucket("bucket", prefix: "p"))
    #expect(try StoreURL("gs://bucket").provider == .gcs)
    #expect(try StoreURL("file:///var/backups/").place == .directory("/var/backups"))
    #expect(try StoreURL("file:///a%20b").place == .directory("/a b"))
    #expect(try StoreURL("memory:").place == .memory)
  }

  @Test(
    arguments: [
      ("", StoreURLError.unknownScheme), ("https://a/b", .unknownScheme),
      ("S3://bucket", .unknownScheme), ("memory:x", .unknownScheme),
      ("s3://bucket /x", .notAnAddress), ("s3://", .badBucket("")), ("s3://ab", .badBucket("ab")),
      ("s3://key:secret@bucket", .holdsCredentials),
      ("s3://AKIAEXAMPLE:half/of+it@bucket/p", .holdsCredentials),
      ("s3://AKIAEXAMPLE:half/of+it", .holdsCredentials), ("s3://.bucket", .badBucket(".bucket")),
      ("s3://bucket//x", .badPrefix("/x")), ("s3://bucket/a/../b", .badPrefix("a/../b")),
      ("s3://bucket/a%2Fb", .badPrefix("a%2Fb")), ("file://relative", .badDirectory),
      ("file:///", .badDirectory), ("file:///a/../b", .badDirectory),
      ("file:///a%00", .badDirectory),
      (
        "s3://bucket?regoin=a",
        .unknownKey("regoin", allowed: ["ca", "endpoint", "profile", "region", "style"])
      ),
      ("s3://bucket?region=a&region=b", .repeatedKey("region")),
      ("s3://bucket?region=", .badValue("region", "a value that is not empty")),
      ("s3://bucket?region", .badValue("region", "a value that is not empty")),
      ("s3://bucket?", .unknownKey("", allowed: ["ca", "endpoint", "profile", "region", "style"])),
      ("s3://bucket?style=host", .badValue("style", "path, virtual")),
      (
        "s3://bucket?endpoint=minio:9000",
        .badValue("endpoint", "http:// or https://, a host, maybe a port")
      ),
      (
        "s3://bucket?endpoint=http://user@host",
        .badValue("endpoint", "http:// or https://, a host, maybe a port")
      ),
      ("gs://bucket?region=eu", .unknownKey("region", allowed: ["ca", "endpoint"])),
      ("file:///a?x=1", .unknownKey("x", allowed: [])),
      ("memory:?x=1", .unknownKey("x", allowed: [])),
    ] as [(String, StoreURLError)])
  func whatIsWrongIsRefusedAndNamed(_ text: String, _ expected: StoreURLError) {
    #expect(throws: expected) { try StoreURL(text) }
  }

  @Test func aMisspeltKeyIsToldTheRightOne() {
    let error = StoreURLError.unknownKey("endpiont", allowed: ["ca", "endpoint"])
    #expect("\(error)" == "'endpiont' means nothing here; 'endpoint' was meant?")
  }

  @Test(arguments: [
    "s3://AKIAEXAMPLE:s3cret@bucket", "s3://AKIAEXAMPLE:s3cret/rest@bucket/p",
    "s3://AKIAEXAMPLE:s3cret", "gs://GOOGEXAMPLE:s3cret/rest@bucket",
  ])
  func credentialsInAnAddressAreNotRepeated(_ text: String) {
    let error = #expect(throws: StoreURLError.self) { try StoreURL(text) }
    #expect(error.map { "\($0)".contains("s3cret") } == false)
  }

  @Test(arguments: [
    ("s3://bucket?region=eu-west-1", "https://bucket.s3.eu-west-1.amazonaws.com/k"),
    ("s3://bucket?region=cn-north-1", "https://bucket.s3.cn-north-1.amazonaws.com.cn/k"),
    (
      "s3://bucket.with.dots?region=eu-west-1",
      "https://s3.eu-west-1.amazonaws.com/bucket.with.dots/k"
    ),
    ("s3://bucket?endpoint=http://127.0.0.1:9000&profile=minio", "http://127.0.0.1:9000/bucket/k"),
    ("s3://bucket?endpoint=https://h:443&profile=ceph", "https://h/bucket/k"),
    ("s3://bucket?endpoint=https://h&profile=ceph&style=virtual", "https://bucket.h/k"),
    ("s3://bucket?profile=scaleway&region=fr-par", "https://bucket.s3.fr-par.scw.cloud/k"),
    ("gs://bucket", "https://storage.googleapis.com/bucket/k"),
  ])
  func everyProviderIsAskedAtItsPlace(_ address: String, _ expected: String) throws {
    let storage = try StoreOpener([:]).bucket(try StoreURL(address))
    #expect(storage.url(of: "k") == expected)
  }

  @Test func withoutRegionOrEndpointItIsSaidWhatIsMissing() throws {
    #expect(throws: StoreURLError.missing("region", "neither it nor AWS_REGION is given")) {
      _ = try StoreOpener([:]).open(try StoreURL("s3://bucket"))
    }
    #expect(throws: StoreURLError.missing("endpoint", "r2 has no address of its own")) {
      _ = try StoreOpener([:]).open(try StoreURL("s3://bucket?profile=r2"))
    }
    _ = try StoreOpener(["AWS_REGION": "eu-west-1"]).open(try StoreURL("s3://bucket"))
  }

  @Test(arguments: [
    "a/b", "a", "ü", "a b", String(repeating: "a", count: 255),
    (0..<4).map { _ in String(repeating: "b", count: 200) }.joined(separator: "/"),
  ])
  func keysThatEveryStoreKeeps(_ text: String) { #expect(ObjectKey(text)?.text == text) }

  @Test(arguments: [
    "", "/a", "a/", "a//b", ".", "a/../b", "a/./b", "a\u{0}", "a\nb", "a\u{7F}",
    String(repeating: "a", count: 256), String(repeating: "ab/", count: 400) + "c",
  ])
  func keysThatSomeStoreWouldNotKeep(_ text: String) { #expect(ObjectKey(text) == nil) }

  @Test func keysAreEqualByBytesAndNotByLooks() {
    let composed: ObjectKey = "\u{E9}"
    let decomposed: ObjectKey = "e\u{301}"
    #expect(composed != decomposed)
    #expect(decomposed < composed)
  }
}
