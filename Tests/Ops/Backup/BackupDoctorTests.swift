import Core
import JSON
import POSIX
import TestSupport
import Testing

@testable import Ops

struct BackupDoctorTests {
  private func doctor(
    _ words: [String], _ environment: [String: String] = [:]
  ) -> TestProgram.Result {
    TestProgram.run(
      words: ["backup", "doctor"] + words, tree: Ops.commands, environment: environment)
  }

  /// The verdicts by subject, out of the table.
  private func verdicts(_ output: String) -> [String: String] {
    var found: [String: String] = [:]
    for line in output.split(separator: "\n") where !line.hasPrefix(" ") {
      let columns = line.split(separator: "  ").map { $0.trimmingSpaces }
      if columns.count >= 3 { found[columns[1]] = columns[0] }
    }
    return found
  }

  private func environment(_ server: StorageServer) -> [String: String] {
    ["AWS_ACCESS_KEY_ID": server.accessKeyID, "AWS_SECRET_ACCESS_KEY": server.secret]
  }

  @Test func aDirectoryIsFineAndLeftAsItWas() throws {
    let directory = TemporaryDirectory()
    let result = doctor(["--store", "file://" + directory.file("store")])
    #expect(result.code == .done, "\(result)")
    #expect(Set(verdicts(result.output).values) == ["ok"])
    #expect(try File.list(directory.file("store")) == [".slipway-uploads"])
    #expect(try File.list(directory.file("store/.slipway-uploads")) == [])
  }

  @Test func aServerThatLooksAtEverythingIsFine() throws {
    let server = try StorageServer(.openstack)
    let address =
      "s3://\(StorageServer.bucket)/doctor?profile=openstack&endpoint=\(server.endpoint)"
    let result = doctor(["--store", address], environment(server))
    #expect(result.code == .done, "\(result)")
    let verdicts = verdicts(result.output)
    for subject in [
      "write", "read", "ranges", "list", "no replacing", "parts", "digests", "delete",
    ] {
      #expect(verdicts[subject] == "ok", "\(subject): \(result.output)")
    }
  }

  @Test func googleCloudStorageIsFineWithAnHMACKey() throws {
    let server = try StorageServer(.amazon)
    let front = try StorageFaults(before: server, googleToken: "ya29.token")
    let result = doctor(
      ["--store", "gs://\(StorageServer.bucket)/doctor?endpoint=\(front.endpoint)"],
      ["GCS_HMAC_ACCESS_ID": server.accessKeyID, "GCS_HMAC_SECRET": server.secret])
    #expect(result.code == .done, "\(result)")
    #expect(Set(verdicts(result.output).values) == ["ok"], "\(result)")
    #expect(result.output.contains("refused, and not sent"), "\(result)")
  }

  @Test func aServerThatTakesAnyBodyIsWarnedOfInJSONToo() throws {
    let server = try StorageServer(.amazon)
    let address = "s3://\(StorageServer.bucket)?profile=moto&endpoint=\(server.endpoint)"
    let result = doctor(
      ["--store", "env:STORE", "--json"],
      environment(server).merging(["STORE": address]) { $1 })
    #expect(result.code == .done, "\(result)")
    let report = try JSONReader.read(result.output)
    #expect(report["usable"] == true && report["store"] == "s3://slipway-tests")
    let digests = report["checks"]?.elements?.first { $0["check"] == "digests" }
    #expect(digests?["verdict"] == "warn" && digests?["advice"]?.text?.isEmpty == false)
  }

  @Test func whatStandsAgainstItIsToldWithWhatToDoAndWithoutTheSecret() throws {
    let server = try StorageServer(.openstack)
    let address = "s3://\(StorageServer.bucket)?profile=openstack&endpoint=\(server.endpoint)"
    let result = doctor(
      ["--store", address],
      ["AWS_ACCESS_KEY_ID": "test:tester", "AWS_SECRET_ACCESS_KEY": "not-the-secret"])
    #expect(result.code == .failure)
    #expect(verdicts(result.output)["write"] == "fail")
    #expect(result.output.contains("code SignatureDoesNotMatch"))
    #expect(result.output.contains("check the key and its secret"))
    #expect(!(result.output + result.error).contains("not-the-secret"))
  }

  @Test func nobodyThereIsAFailureAndNotAWait() throws {
    let port = try FreePort.find()
    let result = doctor(
      ["--store", "s3://bucket?profile=minio&endpoint=http://127.0.0.1:\(port)"],
      ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
    #expect(result.code == .failure)
    #expect(result.output.contains("no answer: refused"))
  }

  @Test(arguments: [
    ("s3://bucket", "region= is missing"), ("ftp://x", "begins with s3://"),
    ("env:NOTHING", "the variable NOTHING"), ("file:/no/such/file", "/no/such/file"),
    ("s3://bucket?regoin=x", "'region' was meant?"), ("s3://k:s@bucket", "do not belong"),
  ])
  func aWrongAddressIsAMatterOfConfiguration(_ address: String, _ words: String) {
    let result = doctor(["--store", address])
    #expect(result.code == .configuration)
    #expect(result.error.contains(words), "\(result.error)")
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
