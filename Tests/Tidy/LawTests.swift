import Testing

/// Each law bites: a sample that breaks it is found, and one that keeps it is not.
@Suite struct LawTests {
  private let manifest = SourceTree.File.sample(
    "Package.swift",
    """
    let package = Package(
      name: "sample",
      dependencies: [],
      targets: [
        cLibrary("CLinux"),
        library("Core"),
        library("POSIX", ["Core", "CLinux"]),
        program("App", ["Core", "POSIX"]),
        tests("AppTests", at: "App", ["App"]),
      ]
    )
    """)

  private func imports(_ path: String, _ text: String) -> [String] {
    ImportLaw.violations(
      in: SourceTree([
        manifest, .sample(path, text), .sample("Sources/CLibraries/CLinux/shim.h"),
        .sample("Sources/Libraries/YAML/a.swift"), .sample("Sources/Libraries/HTTPServer/a.swift"),
        .sample("Sources/App/a.swift"), .sample("Sources/Ops/a.swift"),
      ]))
  }

  @Test(arguments: [
    ("Sources/Libraries/POSIX/x.swift", "import CLinux\nimport Glibc\nimport Core"),
    ("Sources/App/x.swift", "import HTTPServer\n@testable import Core\n// import Ops"),
    ("Sources/Ops/x.swift", "import YAML\nlet text = \"import App\""),
    ("Tests/App/x.swift", "import App\nimport Ops\nimport Glibc\nimport Foundation"),
  ])
  func anImportThatGoesDownIsRight(path: String, text: String) {
    #expect(imports(path, text) == [])
  }

  @Test(arguments: [
    ("Sources/App/x.swift", "import Ops"), ("Sources/App/x.swift", "import Subprocess"),
    ("Sources/App/x.swift", "import ObjectStorage"), ("Sources/Ops/x.swift", "import App"),
    ("Sources/Ops/x.swift", "import HTTPServer"), ("Sources/App/x.swift", "import Glibc"),
    ("Sources/Ops/x.swift", "internal import CLinux"),
    ("Sources/Libraries/Schema/x.swift", "import Glibc"),
    ("Sources/Libraries/Migrations/x.swift", "import CLinux"),
    ("Sources/Libraries/YAML/x.swift", "import App"),
    ("Sources/Ops/x.swift", "@testable import struct HTTPServer.Router"),
    ("Sources/Libraries/Core/x.swift", "import Foundation"),
  ])
  func anImportThatMustNotBeIsFound(path: String, text: String) {
    #expect(imports(path, text).count == 1)
  }

  @Test(arguments: [
    ("dependencies: [],", "dependencies: [.package(path: \"x\")],", 2),
    ("library(\"Core\"),", "library(\"Core\", [\"POSIX\"]),", 1),
    ("[\"Core\", \"POSIX\"]", "[\"Core\", \"AppTests\"]", 1),
  ])
  func aManifestThatGoesTheOtherWayIsFound(original: String, changed: String, count: Int) {
    #expect(ImportLaw.manifestViolations(manifest) == [])
    let text = manifest.text.replacing(original, with: changed)
    #expect(ImportLaw.manifestViolations(.sample("Package.swift", text)).count == count)
  }

  @Test(arguments: [
    ("Sources/App/x.swift", "let a = unsafe b"), ("Sources/Ops/x.swift", "var p: UnsafeRawPointer"),
    ("Sources/Libraries/SQL/x.swift", "struct A: @unchecked Sendable {}"),
    ("Sources/Libraries/SQL/x.swift", "nonisolated(unsafe) var a = 1"),
    ("Sources/App/x.swift", "let a = try! b()"), ("Sources/App/x.swift", "let a = b as! C"),
    ("Sources/App/x.swift", "fatalError(\"no\")"),
    ("README.md", "TO" + "DO: write"), ("Sources/App/x.swift", "// FIX" + "ME later"),
    ("Makefile", "cd /ho" + "me/somebody"), ("scripts/a", "#!/bin/sh\n"),
    ("Sources/App/x.swift", String(repeating: "a\n", count: FileLaw.linesMax + 1)),
    ("Sources/App/x.swift", String(repeating: "a", count: FileLaw.columnsMax + 1)),
  ])
  func aFileThatBreaksALawIsFound(path: String, text: String) {
    #expect(FileLaw.violations(.sample(path, text)).count == 1)
  }

  @Test(arguments: [
    ("Sources/Libraries/SQL/x.swift", "let a = unsafe b"),
    (
      "Sources/Libraries/SQL/x.swift",
      "// All access is under the lock.\nnonisolated(unsafe) var a = 1"
    ),
    ("Sources/App/x.swift", "let text = \"unsafe, try! and fatalError(\" // unsafe"),
    ("Sources/App/x.swift", "// Nothing can be served without it.\nfatalError(\"no\")"),
    ("README.md", "see https://example.com/ho" + "me/page and TODOS"),
    ("Sources/App/x.swift", String(repeating: "a\n", count: FileLaw.linesMax)),
    ("Sources/App/x.swift", String(repeating: "a", count: FileLaw.columnsMax)),
  ])
  func aFileThatKeepsTheLawsIsRight(path: String, text: String) {
    #expect(FileLaw.violations(.sample(path, text)) == [])
  }

  @Test func aFileThatIsTooLargeIsFound() {
    let file = SourceTree.File.sample("docs/a.png", bytes: FileLaw.bytesMax + 1)
    #expect(FileLaw.violations(file) == ["docs/a.png has 262145 bytes"])
  }

  @Test func aScriptWithoutItsInterpreterIsFound() {
    let file = SourceTree.File.sample("scripts/a", "echo", isExecutable: true)
    #expect(FileLaw.violations(file) == ["scripts/a names no interpreter"])
  }
}
