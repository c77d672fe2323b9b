import Testing

@testable import Migrations
@testable import SQL

/// The tokenizer and the splitter.
@Suite struct SQLScriptTests {
  private func split(_ text: String, _ dialect: Dialect = .postgres) throws -> [String] {
    try SQLScript(text, dialect: dialect).parts.map(\.source)
  }

  @Test func statementsEndAtSemicolons() throws {
    #expect(try split("SELECT 1;\n\nSELECT 2 ; ;\n-- end\n") == ["SELECT 1", "SELECT 2"])
  }

  @Test(arguments: [
    "SELECT 'a;b', 'it''s; so'", #"SELECT E'a\';b'"#, #"SELECT "a;""b""#, "SELECT $$a;b$$",
    "DO $body$ BEGIN PERFORM $$;$$; END $body$", "SELECT 1 /* ; /* ; */ ; */ + 1",
    "SELECT 1 -- ;\n + 1", #"SELECT U&'\0061;', U&"a;b""#, "SELECT B'01', X'1F', N';'",
    "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
    "SELECT a[1], $1::text, 1.5e-3, a$b FROM t",
  ])
  func aSemicolonInsideOfAStatementDoesNotEndIt(statement: String) throws {
    #expect(try split("\(statement);\nSELECT 2") == [statement, "SELECT 2"])
  }

  @Test(arguments: [
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = CASE WHEN 1 THEN 2 END; END",
    "CREATE TEMP TRIGGER IF NOT EXISTS t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END",
    "SELECT [a;b], `c;d`", #"SELECT 'a\'"#, "SELECT 1 /* /* */ + 1",
  ])
  func sqliteHasItsOwnQuotesAndTriggers(statement: String) throws {
    #expect(try split("\(statement);SELECT 2", .sqlite) == [statement, "SELECT 2"])
  }

  @Test func aBackslashIsOnlyAnEscapeWhereThePrefixSaysSo() throws {
    #expect(try split(#"SELECT 'a\'; SELECT 2"#) == [#"SELECT 'a\'"#, "SELECT 2"])
  }

  @Test(arguments: ["SELECT 'a", "SELECT \"a", "SELECT $x$ a $y$", "/* /* */"])
  func whatHasNoEndIsAnError(text: String) {
    let error = #expect(throws: SQLTokenError.self) { try split("SELECT 1;\n\(text)") }
    #expect(error?.line == 2)
  }

  @Test(arguments: [
    "\u{feff}CREATE TABLE a (b int);", "CREATE TABLE a (b int)", "CREATE TABLE a\r\n(b int);\r\n",
    "-- a word\nCREATE /* more /* inside */ */ TABLE a ( b   int ) ;",
  ])
  func layoutAndCommentsDoNotChangeTheChecksum(text: String) throws {
    let plain = try SQLScript("CREATE TABLE a (b int);", dialect: .postgres)
    #expect(try SQLScript(text, dialect: .postgres).checksum == plain.checksum)
  }

  @Test(arguments: [
    "CREATE TABLE a (b bigint);", "CREATE TABLE a (b int); SELECT 1;",
    "CREATE TABLE \"a\" (b int);",
  ])
  func anythingElseChangesTheChecksum(text: String) throws {
    let plain = try SQLScript("CREATE TABLE a (b int);", dialect: .postgres)
    #expect(try SQLScript(text, dialect: .postgres).checksum != plain.checksum)
  }

  @Test func whiteSpaceInAStringIsPartOfTheMeaning() throws {
    let one = try SQLScript("SELECT 'a b'", dialect: .postgres)
    #expect(try SQLScript("SELECT 'a  b'", dialect: .postgres).checksum != one.checksum)
  }

  @Test func statementsKnowTheirLines() throws {
    let script = try SQLScript("-- head\n\nSELECT 1;\nSELECT '\n';\nSELECT 3", dialect: .postgres)
    #expect(script.parts.map(\.line) == [3, 4, 6])
  }

  @Test(arguments: [
    ("CREATE INDEX CONCURRENTLY a ON t (b)", "a"),
    ("create unique index concurrently if not exists \"A b\" on t (b)", "\"A b\""),
    ("CREATE INDEX CONCURRENTLY a ON ONLY s.\"T\" (b)", "s.a"),
    ("CREATE INDEX a ON t (b)", nil), ("CREATE INDEX CONCURRENTLY ON t (b)", nil),
  ])
  func aConcurrentIndexIsKnownByItsName(statement: String, name: String?) throws {
    #expect(try SQLScript(statement, dialect: .postgres).parts.first?.concurrentIndex == name)
  }
}
