import Testing

@testable import Ops

struct ProofTests {
  private let proof = BackupFixtures.proof()

  @Test func aProofIsReadAsItWasWritten() throws {
    #expect(try Proof(proof.bytes) == proof)
    let counted = BackupFixtures.proof(
      tables: [.init(schema: "a.b", name: "c\"d", rows: 0, digest: nil)], sequences: [],
      mode: .counts, largeObjects: nil)
    #expect(try Proof(counted.bytes) == counted)
  }

  @Test func theConfigurationOfExtensionsIsKeptAndMayBeMissing() throws {
    var proof = proof
    for titles in [[], ["public.orders", "public.\"Odd\""], nil] as [[String]?] {
      proof.extensionConfiguration = titles
      #expect(try Proof(proof.bytes) == proof)
      let text = String(decoding: proof.bytes, as: UTF8.self)
      #expect(text.contains("extensionConfiguration") == (titles != nil))
    }
    let wrong = String(decoding: BackupFixtures.proof().bytes, as: UTF8.self)
      .replacing("\"format\": 1", with: "\"extensionConfiguration\": 7, \"format\": 1")
    #expect(throws: RecordProblem.unexpected("extensionConfiguration", wanted: "texts")) {
      try Proof(Array(wrong.utf8))
    }
  }

  /// Older releases read none of it, and their backups have its rows all the same.
  @Test func onlyTheConfigurationOfExtensionsMayComeOnTopAndOnlyOfAnOlderProof() {
    let own = Proof.Table(schema: "public", name: "orders", rows: 10, digest: "1:2")
    let ofExtension = Proof.Table(schema: "public", name: "srs", rows: 3, digest: "5:6")
    let (sequence, other) = (
      BackupFixtures.sequence(before: 1, after: 1),
      Proof.Sequence(
        schema: "public", name: "srs_id", before: .init(value: 1, isCalled: false),
        after: .init(value: 1, isCalled: false))
    )
    var copy = BackupFixtures.proof(tables: [own, ofExtension], sequences: [sequence, other])
    copy.extensionConfiguration = ["public.srs", "public.srs_id"]
    var original = BackupFixtures.proof(tables: [own], sequences: [sequence])
    #expect(original.differences(in: copy) == [])
    original.extensionConfiguration = []
    let added: [ProofDifference] = [.tableAdded("public.srs"), .sequenceAdded("public.srs_id")]
    #expect(original.differences(in: copy) == added)
    original.extensionConfiguration = nil
    copy.extensionConfiguration = []
    #expect(original.differences(in: copy) == added)
    // What it did read is compared.
    original.tables.append(.init(schema: "public", name: "srs", rows: 2, digest: "5:7"))
    copy.extensionConfiguration = ["public.srs", "public.srs_id"]
    #expect(
      original.differences(in: copy) == [.rows(table: "public.srs", expected: 2, found: 3)])
  }

  @Test func aNewerFormatIsRefused() throws {
    let text = String(decoding: proof.bytes, as: UTF8.self)
      .replacing("\"format\": 1", with: "\"format\": 7")
    #expect(throws: RecordProblem.newer(7, known: 1)) { try Proof(Array(text.utf8)) }
  }

  @Test func theSameHasNoDifferences() {
    #expect(proof.differences(in: proof) == [])
  }

  @Test func aMissingRowIsCounted() {
    let copy = BackupFixtures.proof(
      tables: [.init(schema: "public", name: "orders", rows: 9, digest: "1:1")])
    let found = proof.differences(in: copy)
    #expect(found == [.rows(table: "public.orders", expected: 10, found: 9)])
    #expect("\(found[0])" == "table public.orders: 10 rows in the original, 9 restored")
  }

  @Test func aChangedRowIsSeen() {
    let copy = BackupFixtures.proof(
      tables: [.init(schema: "public", name: "orders", rows: 10, digest: "1:3")])
    #expect(proof.differences(in: copy) == [.content(table: "public.orders")])
  }

  @Test func tablesAreMissingOrTooMany() {
    let copy = BackupFixtures.proof(
      tables: [.init(schema: "public", name: "Orders", rows: 10, digest: "1:2")])
    #expect(
      proof.differences(in: copy) == [
        .tableMissing("public.orders"), .tableAdded("public.\"Orders\""),
      ])
  }

  @Test func namesWithTheSameLettersInOtherBytesAreTwoNames() {
    let composed = Proof.Table(schema: "public", name: "caf\u{E9}", rows: 1, digest: "1:2")
    let decomposed = Proof.Table(schema: "public", name: "cafe\u{301}", rows: 1, digest: "1:2")
    let found = BackupFixtures.proof(tables: [composed])
      .differences(in: BackupFixtures.proof(tables: [decomposed]))
    #expect(found.count == 2)
  }

  @Test func aSequenceMayHaveGoneOnWhileItWasDumpedAndNotFurther() {
    let proof = BackupFixtures.proof(sequences: [BackupFixtures.sequence(before: 10, after: 14)])
    for value: Int64 in 10...14 {
      let copy = BackupFixtures.proof(
        sequences: [BackupFixtures.sequence(before: value, after: value)])
      #expect(proof.differences(in: copy) == [])
    }
    for value: Int64 in [9, 15] {
      let copy = BackupFixtures.proof(
        sequences: [BackupFixtures.sequence(before: value, after: value)])
      #expect(proof.differences(in: copy).count == 1)
    }
  }

  @Test func aSequenceThatGaveItsFirstValueIsNotOneThatDidNot() {
    var sequence = BackupFixtures.sequence(before: 1, after: 1)
    let proof = BackupFixtures.proof(sequences: [sequence])
    sequence = Proof.Sequence(
      schema: sequence.schema, name: sequence.name, before: .init(value: 1, isCalled: false),
      after: .init(value: 1, isCalled: false))
    let found = proof.differences(in: BackupFixtures.proof(sequences: [sequence]))
    #expect(found.count == 1)
    #expect("\(found[0])".hasSuffix("1 in the original, 1 (not given yet) restored"))
  }

  @Test func largeObjectsAreCountedAndCompared() {
    #expect(
      proof.differences(in: BackupFixtures.proof(largeObjects: .init(count: 1, digest: "3:4")))
        == [.largeObjects(expected: 2, found: 1)])
    #expect(
      proof.differences(in: BackupFixtures.proof(largeObjects: .init(count: 2, digest: "3:5")))
        == [.largeObjectContent])
  }

  @Test func aCopyThatWasOnlyCountedIsNoProof() {
    let copy = BackupFixtures.proof(mode: .counts)
    #expect(proof.differences(in: copy) == [.mode(expected: .digest, found: .counts)])
  }

  @Test(arguments: [
    QualifiedName(schema: "public", name: "orders"),
    QualifiedName(schema: "a.b", name: "say \"hi\""), QualifiedName(schema: "A", name: "1"),
  ])
  func aTitleIsReadAsItWasWritten(_ name: QualifiedName) {
    #expect(QualifiedName(title: name.title) == name)
    #expect(QualifiedName(title: name.quoted) == name)
  }

  @Test(arguments: ["", "orders", "a.b.c", "a.", ".b", "\"a.b", "\"a\"b.c"])
  func whatIsNoQualifiedNameIsRefused(_ text: String) {
    #expect(QualifiedName(title: text) == nil)
  }
}
