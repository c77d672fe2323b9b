import Testing

@testable import Ops

/// How many connections a database must be ready for.
struct DatabaseConnectionsTests {
  private func connections(_ values: String) throws -> DatabaseConnections {
    DatabaseConnections(try TestRelease.of(values).values)
  }

  @Test func eachReplicaHasItsPoolAndThoseOfTheAuditAndARolloutHasOneMore() throws {
    #expect(try connections("replicas: 4").clients == 5 * 10)
    #expect(try connections("autoscale: { enabled: true, max: 12 }").clients == 13 * 10)
    #expect(try connections("replicas: 1\nenv: { POOL_SIZE: '20' }").clients == 2 * 22)
  }

  @Test(arguments: ["", "0", "000", "-5", "0x10", "1e2", "1000", " 9", "many"])
  func aPoolSizeThatIsNoneIsTheDefault(_ text: String) throws {
    #expect(try connections("replicas: 1\nenv: { POOL_SIZE: '\(text)' }").clients == 20)
  }

  @Test func aPoolSizeIsDecimalWhateverItBeginsWith() throws {
    #expect(try connections("replicas: 1\nenv: { POOL_SIZE: '010' }").clients == 24)
  }

  @Test func theServerTakesAllClientsAndAFewOthers() throws {
    #expect(try connections("replicas: 2").servers == 100)
    #expect(try connections("replicas: 7").servers == 100)
    #expect(try connections("replicas: 8").servers == 200)
  }

  @Test func behindAPoolerOfTransactionsTheNumberOfReplicasDoesNotMatter() throws {
    let database = "\ndatabase: { mode: cloudnative-pg, pooler: transaction }"
    #expect(try connections("replicas: 100" + database).servers == 100)
    #expect(try connections("replicas: 100" + database).poolerClients == 1100)
    #expect(try connections("replicas: 2" + database).poolerClients == 1000)
  }

  @Test func behindAPoolerOfSessionsEachClientHasAServer() throws {
    let few = try connections(
      "replicas: 19\ndatabase: { mode: cloudnative-pg, pooler: session }")
    #expect(few.poolerServers == 200)
    #expect(few.servers >= 2 * 200)
  }
}
