import Core
import JSON
import ObjectStorage
import POSIX
import SQL
import TestSupport
import Testing

@testable import Ops

/// Backups of a file of SQLite, where signatures are asked for.
struct SignedBackupTests {
  /// RFC 8410, section 10.3 and 10.1.
  private static let key = Secret(
    """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
    -----END PRIVATE KEY-----
    """)
  private static let signer = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
  /// RFC 8032, section 7.1, test 2.
  private static let other = "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw="

  private let directory = TemporaryDirectory()
  private let storage = MemoryStorage()
  private var catalog: BackupCatalog { BackupCatalog(storage, BackupFixtures.keys("local")) }
  private var path: String { directory.file("app.sqlite") }

  private func place(_ signers: [String]) throws -> BackupPlace {
    BackupPlace(
      catalog: catalog, bucket: nil, storeName: "memory", policy: nil, pushgateway: nil,
      signers: try TrustedSigners(signers))
  }

  private func take(_ key: Secret? = nil) throws -> BackupID {
    if !File.exists(path) {
      let database = try SQLiteDatabase(path: path)
      defer { database.close() }
      try database.session(deadline: .after(.seconds(30))) { connection in
        try connection.run(
          script: "CREATE TABLE notes (id INTEGER PRIMARY KEY); INSERT INTO notes VALUES (1)",
          named: "make", deadline: .after(.seconds(30)))
      }
    }
    return try BackupRun(
      try SQLiteSource(path, mode: .digest), into: catalog, encryption: nil,
      signer: try key.map { try ManifestSigner($0) }, programs: ProgramGroup()
    ).run().id
  }

  private func drill(_ id: BackupID, _ signers: [String]) throws -> DrillReport {
    let entry = try #require(try catalog.list().entry(id))
    return try BackupDrill(
      place: try place(signers), entry: entry, interruption: Interruption(),
      parent: directory.path
    ).run()
  }

  private func restore(
    _ id: BackupID, _ signers: [String], allowsUnsigned: Bool = false
  ) throws {
    let entry = try #require(try catalog.list().entry(id))
    var rules = BackupRecovery.Rules()
    rules.allowsUnsigned = allowsUnsigned
    let target = directory.file("restored-\(storage.name)-\(Timestamp.now()).sqlite")
    let outcome = try BackupRecovery(
      place: try place(signers), entry: entry, target: .sqlite(path: target), rules: rules,
      interruption: Interruption(), scratch: directory.path
    ).run()
    #expect(outcome.differences.isEmpty)
  }

  private func verify(_ id: BackupID, _ signers: [String]) throws {
    let entry = try #require(try catalog.list().entry(id))
    _ = try BackupVerification(
      catalog: catalog, entry: entry, programs: ProgramGroup(), environment: [:],
      signers: try TrustedSigners(signers), progress: { _ in }
    ).run()
  }

  @Test func whatOneOfTheSignersSignedIsVerifiedDrilledAndRestored() throws {
    let id = try take(Self.key)
    let signers = [Self.other, Self.signer]
    try verify(id, signers)
    #expect(try drill(id, signers).isProven)
    try restore(id, signers)
    #expect(try place(signers).list().newest(.proven)?.id == id)
    let entry = try #require(try catalog.list().entry(id))
    #expect(try TrustedSigners(signers).check(entry, in: catalog) == Self.signer)
  }

  @Test func anUnsignedBackupIsRefusedWhereSignaturesAreAskedFor() throws {
    let id = try take()
    for use in [drillOnly, restoreOnly, verify] {
      #expect(throws: SignatureProblem.unsigned(id)) { try use(id, [Self.signer]) }
    }
    try restore(id, [Self.signer], allowsUnsigned: true)
    try restore(id, [])
  }

  private func drillOnly(_ id: BackupID, _ signers: [String]) throws { _ = try drill(id, signers) }
  private func restoreOnly(_ id: BackupID, _ signers: [String]) throws { try restore(id, signers) }

  @Test func whatSomebodyElseSignedIsRefused() throws {
    let id = try take(Self.key)
    for use in [drillOnly, restoreOnly, verify] {
      #expect(throws: SignatureProblem.signedByOthers(id)) { try use(id, [Self.other]) }
    }
  }

  /// Who can write to the store takes a manifest of ours for files of his.
  @Test func aManifestThatWasChangedIsRefused() throws {
    let id = try take(Self.key)
    _ = try drill(id, [Self.signer])
    let key = catalog.keys.manifest(id)
    let json = try JSONReader.read(try storage.read(key, bytesMax: BackupManifest.bytesMax))
    try storage.put(json.replacing(["serverVersion"], with: "0").recordBytes, at: key)
    #expect(throws: SignatureProblem.signedByOthers(id)) { try restore(id, [Self.signer]) }
  }

  /// A manifest is signed for its own place: another's signature is none of it.
  @Test func theSignatureOfAnotherBackupIsNone() throws {
    let first = try take(Self.key)
    let second = try take(Self.key)
    let signature = try storage.read(catalog.keys.signature(first), bytesMax: 100)
    try storage.put(signature, at: catalog.keys.signature(second))
    #expect(throws: SignatureProblem.signedByOthers(second)) { try restore(second, [Self.signer]) }
  }

  @Test func whatOthersPutThereCountsForNothing() throws {
    let signed = try take(Self.key)
    _ = try drill(signed, [Self.signer])
    let foreign = try take()
    _ = try drill(foreign, [])
    #expect(try place([]).list().newest(.proven)?.id == foreign)
    let listing = try place([Self.signer]).list()
    #expect(listing.newest(.proven)?.id == signed)
    let table = BackupTable(listing: listing, database: "local", store: "memory")
    #expect(table.lines[1].contains("UNSIGNED") && table.lines[2].contains("proven"))
    #expect(table.remarks.contains { $0.hasPrefix("1 that none of those signed") })
    // The only one that counts stays, however few may.
    let plan = PrunePlan(
      listing, database: "local", keep: .init(last: 1), now: Timestamp.now())
    #expect(plan.lines.first { $0.entry.id == signed }?.stays == true)
  }

  @Test func theNewestIsChosenOfThoseThatCount() throws {
    let signed = try take(Self.key)
    let foreign = try take()
    let listing = try place([Self.signer]).list()
    #expect(listing.entries.first?.id == foreign)
    #expect(try listing.choose(nil, atLeast: .uploaded).id == signed)
    #expect(listing.newest(.uploaded)?.id == signed)
    let error = try #require(throws: BackupError.self) {
      try place([Self.other]).list().choose(nil, atLeast: .uploaded)
    }
    #expect("\(ErrorReport(error).findings)".contains("2 backups were not signed"))
  }

  @Test func aSignatureThatIsTooLongIsNobodys() throws {
    let id = try take(Self.key)
    try storage.put([UInt8](repeating: 1, count: 100_000), at: catalog.keys.signature(id))
    #expect(try place([Self.signer]).list().entries.map(\.isOfOthers) == [true])
    #expect(throws: SignatureProblem.signedByOthers(id)) { try restore(id, [Self.signer]) }
  }

  @Test func aPrivateKeyInPlaceOfAPublicOneIsNotShown() {
    let secret = Self.key.reveal().split(separator: "\n")[1]
    for text in [Self.key.reveal(), String(secret)] {
      let problem = #expect(throws: SignatureProblem.isPrivateKey) { try TrustedSigners([text]) }
      let report = problem.map { "\(ErrorReport($0).findings)" } ?? ""
      #expect(report.contains("private key") && !report.contains(secret))
    }
  }

  @Test(arguments: ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
  func aPrivateKeyOfAnotherKindIsNotShownEither(_ kind: String) {
    let secret = String(repeating: "c2VjcmV0", count: 20)
    let text = "-----BEGIN \(kind)PRIVATE KEY-----\n\(secret)\n-----END \(kind)PRIVATE KEY-----\n"
    #expect(throws: SignatureProblem.isPrivateKey) { try TrustedSigners([text]) }
    // Without its lines nobody can tell what it is.
    let problem = #expect(throws: SignatureProblem.self) { try TrustedSigners([secret]) }
    let report = problem.map { "\(ErrorReport($0).findings)" } ?? ""
    #expect(report.contains("a text of 160 characters") && !report.contains(secret))
  }

  @Test(arguments: ["--identity", "--sign-with"])
  func aKeyInPlaceOfItsPlaceIsNotShown(_ option: String) {
    for key in ["AGE-SECRET-KEY-1QQQ", Self.key.reveal()] {
      let words = ["backup", "run", "--env", "local", "--drill", option, key]
      let result = TestProgram.run(words: words, tree: Ops.commands)
      #expect(result.code == .usage && result.error.contains(option), "\(result)")
      #expect(!result.error.contains("QQQ") && !result.error.contains("MC4CAQ"), "\(result)")
    }
  }

  @Test func aBackupThatNobodyWouldTakeIsNotBegun() throws {
    let signer = try ManifestSigner(Self.key)
    try TrustedSigners([]).check(nil)
    try TrustedSigners([]).check(signer)
    try TrustedSigners([Self.signer]).check(signer)
    #expect(throws: SignatureProblem.notTrusted) { try TrustedSigners([Self.other]).check(signer) }
    #expect(throws: SignatureProblem.unsignable) { try TrustedSigners([Self.other]).check(nil) }
    #expect(throws: SignatureProblem.notPublicKey("x")) { try TrustedSigners(["x"]) }
    #expect(throws: SignatureProblem.self) { try ManifestSigner(Secret(Self.signer)) }
  }

  @Test func pruningTakesTheSignatureAlong() throws {
    let old = try take(Self.key)
    let new = try take(Self.key)
    for id in [old, new] { _ = try drill(id, [Self.signer]) }
    #expect(try storage.read(catalog.keys.signature(old), bytesMax: 100).count == 64)
    let listing = try place([Self.signer]).list()
    #expect(listing.foreign.isEmpty)
    let plan = PrunePlan(listing, database: "local", keep: .init(last: 1), now: Timestamp.now())
    try PruneRun(catalog: catalog) { _ in }.apply(plan, Interruption())
    #expect(try catalog.list().entries.map(\.id) == [new])
    #expect(try storage.head(catalog.keys.signature(old)) == nil)
    #expect(try storage.head(catalog.keys.signature(new)) != nil)
  }
}
