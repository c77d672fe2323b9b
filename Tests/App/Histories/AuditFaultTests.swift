import Core
import HTTPClient
import JSON
import Logging
import POSIX
import SQL
import TestSupport
import Testing

@testable import App

@Suite struct AuditFaultTests {
  @Test func anOutageOfTheDatabaseIsTold() throws {
    let server = try PostgresServer()
    let url = try server.makeDatabase()
    try TestDatabase.migrate(url)
    let site = try AuditSite(databaseURL: url, ["DATABASE_TIMEOUT": "1s"])
    #expect(try site.service.jumble(#"{"word":"before"}"#).status == 201)
    #expect(try site.has(1))
    try server.stop()
    for _ in 0..<5 { #expect(try site.service.jumble(#"{"word":"amid"}"#).status == 503) }
    #expect(
      try eventually { try site.metric("slipway_audit_failures_total").map { $0 > 0 } == true })
    #expect(try site.metric("slipway_audit_queue_entries") == 5)
    try server.start()
    #expect(try eventually { try site.metric("slipway_audit_queue_entries") == 0 })
    #expect(
      try site.rows().map { $0[3] }
        == ["201 Created"] + [String](repeating: "503 Service Unavailable", count: 5))
  }

  @Test func aLockedTableHoldsUpNoRequestAndLosesNothing() throws {
    let site = try AuditSite(.postgres, ["POOL_SIZE": "1"])
    try site.database.transaction(.write, deadline: .after(.seconds(60))) { connection in
      try connection.run(
        script: "LOCK TABLE histories", named: "lock", deadline: .after(.seconds(30)))
      for _ in 0..<20 { #expect(try site.service.jumble(#"{"word":"word"}"#).status == 201) }
      #expect(try site.metric("slipway_audit_queue_entries") == 20)
    }
    #expect(try site.has(20))
    #expect(try site.metric(#"slipway_audit_dropped_total{reason="full"}"#) == 0)
  }

  @Test func aFullQueueDropsAndCounts() throws {
    let site = try AuditSite(.postgres, ["AUDIT_QUEUE_MAX": "3"])
    try site.database.transaction(.write, deadline: .after(.seconds(60))) { connection in
      try connection.run(
        script: "LOCK TABLE histories", named: "lock", deadline: .after(.seconds(30)))
      for _ in 0..<10 { #expect(try site.service.get("/api/randomizes/1").status == 404) }
      #expect(
        try eventually {
          try site.metric(#"slipway_audit_dropped_total{reason="full"}"#) == 7
        })
    }
    #expect(try site.has(3))
  }

  @Test func whatCanNotBeFlushedInTimeIsLostAndLogged() throws {
    let site = try AuditSite(.postgres, ["AUDIT_FLUSH_TIMEOUT": "100ms"])
    try site.database.transaction(.write, deadline: .after(.seconds(60))) { connection in
      try connection.run(
        script: "LOCK TABLE histories", named: "lock", deadline: .after(.seconds(30)))
      for _ in 0..<4 { _ = try site.service.get("/api/randomizes/1") }
      site.service.service.drain()
    }
    #expect(
      site.service.log.written.contains {
        $0.contains("history lost at the end") && $0.contains(#""requests":4"#)
      })
    #expect(try site.rows().isEmpty)
  }
}
