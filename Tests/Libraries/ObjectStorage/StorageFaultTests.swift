import Core
import JSON
import ObjectStorage
import TestSupport
import Testing

/// Further attempts against a real server behind a proxy that does wrong.
struct StorageFaultTests {
  private struct Scene {
    let control: FaultControl
    let storage: RetryingStorage

    init(
      _ faults: [JSONValue], attemptsMax: Int = 8,
      timeouts: StorageTimeouts = StorageTimeouts()
    ) throws {
      let fixture = try StorageFixture.of(.openstack)
      control = try FaultControl(before: fixture)
      try control.set(faults)
      var policy = RetryPolicy()
      policy.attemptsMax = attemptsMax
      storage = RetryingStorage(
        try fixture.storage(endpoint: control.faults.endpoint, timeouts: timeouts),
        policy: policy, pause: { _ in })
    }
  }

  @Test(
    arguments: [
      ["fault": "status", "status": 500], ["fault": "status", "status": 503, "code": "SlowDown"],
      ["fault": "status", "status": 429, "code": "TooManyRequests"], ["fault": "refuse"],
      ["fault": "status", "status": 400, "code": "RequestTimeout"], ["fault": "lost"],
    ] as [JSONValue])
  func aWriteThatFailsForAMomentIsMadeAgainAndSignedAnew(_ fault: JSONValue) throws {
    let scene = try Scene([fault])
    try scene.storage.put([1, 2, 3], at: "faults/again")
    #expect(try scene.storage.read("faults/again", bytesMax: 10) == [1, 2, 3])
    let puts = try scene.control.requests(header: "Authorization").filter {
      $0.line.hasPrefix("PUT")
    }
    #expect(puts.count == 2)
    #expect(puts.allSatisfy { $0.header.hasPrefix("AWS4-HMAC-SHA256") })
  }

  @Test func attemptsEndAndTheErrorTellsThemAndWhatTheProviderSaid() throws {
    let fault: JSONValue = [
      "fault": "status", "status": 503, "code": "SlowDown", "count": 99,
      "headers": ["x-amz-request-id": "request-7"],
    ]
    let scene = try Scene([fault], attemptsMax: 3)
    let error = try #require(
      failure { () throws(StorageError) in try scene.storage.put([1], at: "faults/never") })
    #expect(
      error.kind == .throttled && error.attempts == 3 && error.answer.requestID == "request-7")
    #expect(
      "\(error)" == "write s3://slipway-tests/faults/never: asked too often: on purpose "
        + "(status 503, code SlowDown, request request-7, 3 attempts)")
  }

  @Test func aReadThatIsCutGoesOnWhereItEnded() throws {
    let scene = try Scene([
      ["fault": "cut", "method": "GET", "holds": "long", "bytes": 100_000],
      ["fault": "cut", "method": "GET", "holds": "long", "bytes": 50_000],
    ])
    let body = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    try scene.storage.put(body, at: "faults/long")
    #expect(try scene.storage.read("faults/long", bytesMax: body.count) == body)
    let ranges = try scene.control.requests(header: "Range").filter {
      $0.line.hasPrefix("GET") && $0.line.contains("long")
    }
    #expect(ranges.map(\.header) == ["", "bytes=100000-", "bytes=150000-"])
  }

  @Test func anAnswerThatDripsIsReadToItsEnd() throws {
    let scene = try Scene([["fault": "drip", "method": "GET", "holds": "slow"]])
    try scene.storage.put([1, 2, 3, 4], at: "faults/slow")
    #expect(try scene.storage.read("faults/slow", bytesMax: 10) == [1, 2, 3, 4])
  }

  @Test func silenceIsAFailureThatIsTriedAgain() throws {
    var timeouts = StorageTimeouts()
    timeouts.silence = .seconds(1)
    let scene = try Scene(
      [["fault": "delay", "method": "PUT", "seconds": 8]], timeouts: timeouts)
    try scene.storage.put([1], at: "faults/silent")
    let puts = try scene.control.requests().filter { $0.line.hasPrefix("PUT") }
    #expect(puts.count >= 2)
  }

  @Test func aConditionalWriteWhoseAnswerWasLostIsOurs() throws {
    let scene = try Scene([["fault": "lost", "method": "PUT"]])
    try scene.storage.put(PartBody([7, 7]), at: "faults/mine", .ifAbsent)
    #expect(try scene.storage.read("faults/mine", bytesMax: 10) == [7, 7])
    let error = failure { () throws(StorageError) in
      try scene.storage.put(PartBody([8]), at: "faults/mine", .ifAbsent)
    }
    #expect(error?.kind == .exists)
    try scene.storage.delete("faults/mine")
  }

  @Test func aConditionalWriteThatDiesWithAKeptConnectionIsOurs() throws {
    let scene = try Scene([])
    try scene.storage.put([1], at: "faults/warm")
    try scene.control.set([["fault": "lost", "method": "PUT"]])
    try scene.storage.put(PartBody([7, 8]), at: "faults/kept", .ifAbsent)
    #expect(try scene.storage.read("faults/kept", bytesMax: 10) == [7, 8])
    for key in ["faults/kept", "faults/warm"] as [ObjectKey] { try scene.storage.delete(key) }
  }

  @Test func aCompletionInDoubtIsLookedForAgainWhereItCouldNotBeLookedFor() throws {
    let scene = try Scene([
      ["fault": "lost", "method": "POST", "holds": "uploadId"],
      ["fault": "status", "status": 503, "method": "HEAD", "skip": 1, "count": 2],
    ])
    let upload = try scene.storage.beginUpload("faults/doubt")
    let part = try scene.storage.putPart(1, PartBody([5, 6]), of: upload)
    try scene.storage.complete(upload, [part])
    #expect(try scene.storage.read("faults/doubt", bytesMax: 10) == [5, 6])
    try scene.storage.delete("faults/doubt")
  }

  @Test func aReadThatGetsOnIsNeverGivenUp() throws {
    let cuts: JSONValue = [
      "fault": "cut", "method": "GET", "holds": "cuts", "bytes": 20_000, "count": 9,
    ]
    let scene = try Scene([cuts], attemptsMax: 2)
    let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 5) }
    try scene.storage.put(body, at: "faults/cuts")
    #expect(try scene.storage.read("faults/cuts", bytesMax: body.count) == body)
    try scene.storage.delete("faults/cuts")
  }

  @Test func aCompletionWhoseAnswerWasLostIsSeenByLooking() throws {
    let scene = try Scene([["fault": "lost", "method": "POST", "holds": "uploadId"]])
    let upload = try scene.storage.beginUpload("faults/completed")
    let part = try scene.storage.putPart(1, PartBody([5, 6]), of: upload)
    try scene.storage.complete(upload, [part])
    #expect(try scene.storage.read("faults/completed", bytesMax: 10) == [5, 6])
    let posts = try scene.control.requests().filter { $0.line.hasPrefix("POST") }
    #expect(posts.count == 2, "one that begins, one that completes")
    try scene.storage.delete("faults/completed")
  }

  @Test func anErrorInAnAnswerOf200IsAnError() throws {
    let fault: JSONValue = [
      "fault": "status", "status": 200, "code": "InternalError", "method": "POST",
      "holds": "uploadId",
    ]
    let scene = try Scene([fault])
    let upload = try scene.storage.beginUpload("faults/two-hundred")
    let part = try scene.storage.putPart(1, PartBody([9]), of: upload)
    try scene.storage.complete(upload, [part])
    #expect(try scene.storage.read("faults/two-hundred", bytesMax: 10) == [9])
    let posts = try scene.control.requests().filter { $0.line.hasPrefix("POST") }
    #expect(posts.count == 3, "the completion was tried again, as it had not taken place")
    try scene.storage.delete("faults/two-hundred")
  }

  /// The answer to HEAD has no body that could say so.
  @Test func aLookThatIsRefusedIsToldWhyByARead() throws {
    let expired: (JSONValue, JSONValue) = (
      ["fault": "status", "status": 400, "code": "ExpiredToken", "method": "HEAD", "count": 2],
      ["fault": "status", "status": 400, "code": "ExpiredToken", "method": "GET", "count": 2]
    )
    let scene = try Scene([expired.0, expired.1])
    try scene.storage.put([1], at: "faults/lent")
    let error = failure { () throws(StorageError) in _ = try scene.storage.head("faults/lent") }
    #expect(error?.kind == .expired && error?.attempts == 2 && error?.operation == .head)
    // Once is what another key heals.
    try scene.control.set([
      ["fault": "status", "status": 400, "code": "ExpiredToken", "method": "HEAD"],
      ["fault": "status", "status": 400, "code": "ExpiredToken", "method": "GET"],
    ])
    #expect(try scene.storage.head("faults/lent")?.bytes == 1)
    try scene.storage.delete("faults/lent")
  }

  @Test func theClockIsLearntFromTheStoreThatRefusesOurs() throws {
    let fault: JSONValue = [
      "fault": "status", "status": 403, "code": "RequestTimeTooSkewed",
      "headers": ["Date": "Fri, 04 Jan 2019 03:02:01 GMT"], "method": "PUT",
    ]
    let scene = try Scene([fault], attemptsMax: 2)
    // The real server refuses that date: what matters is what the second attempt said.
    _ = failure { () throws(StorageError) in try scene.storage.put([1], at: "faults/clock") }
    let dates = try scene.control.requests().filter { $0.line.hasPrefix("PUT") }.map(\.header)
    #expect(dates.count == 2)
    #expect(dates.last?.hasPrefix("20190104T0302") == true)
  }
}

/// What is changed on its way.
struct ChangedOnItsWayTests {
  @Test(arguments: ["amazon", "openstack"])
  func aChangedSignatureIsRefused(_ name: String) throws {
    let fixture = try StorageFixture.of(name == "amazon" ? .amazon : .openstack)
    let control = try FaultControl(before: fixture)
    let storage = try fixture.storage(endpoint: control.faults.endpoint)
    try storage.put([1], at: "changed/before")
    try control.set([["fault": "signature"]])
    let error = failure { () throws(StorageError) in try storage.put([1], at: "changed/object") }
    #expect(error?.kind == .badSignature && error?.answer.code == "SignatureDoesNotMatch")
    #expect(try storage.head("changed/object") == nil)
  }

  @Test func aChangedBodyIsRefusedByAServerThatLooks() throws {
    let fixture = try StorageFixture.of(.openstack)
    let control = try FaultControl(before: fixture)
    let storage = try fixture.storage(endpoint: control.faults.endpoint)
    try control.set([["fault": "body"]])
    let error = failure { () throws(StorageError) in try storage.put([1, 2], at: "changed/body") }
    #expect(error?.kind == .corrupt)
    #expect(try storage.head("changed/body") == nil)
  }

  @Test func aWrongKeyAndAWrongSecretAreToldApartFromAMissingBucket() throws {
    for kind in [StorageFixture.amazon, StorageFixture.openstack] {
      let fixture = try kind.get()
      let wrong = Credentials(accessKeyID: fixture.server.accessKeyID, secret: Secret("wrong"))
      let storage = try fixture.storage(credentials: wrong)
      #expect(
        failure { () throws(StorageError) in try storage.put([1], at: "a") }?.kind == .badSignature)
      let good = try S3Storage(
        endpoint: #require(
          S3Endpoint(fixture.server.endpoint, bucket: "no-such-bucket", usesPathStyle: true)),
        profile: fixture.profile,
        authorizer: SigV4Authorizer(
          CredentialChain(fixture.credentials), .amazon, region: "us-east-1"))
      #expect(failure { () throws(StorageError) in try good.put([1], at: "a") }?.kind == .noBucket)
    }
  }
}
