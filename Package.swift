// swift-tools-version: 6.2
// Targets are listed in the direction of imports:
// CLibraries -> Libraries (Core first) -> App | Ops -> Tests. Tests/Tidy asserts it.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func cLibrary(_ name: String, pkgConfig: String? = nil, apt: String? = nil) -> Target {
  .systemLibrary(
    name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig,
    providers: apt.map { [.apt([$0])] })
}

func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Libraries/\(name)", exclude: exclude,
    swiftSettings: strict)
}

/// A release has the names of its functions, which a backtrace shows, and not what a debugger needs
/// beyond: that is a third of a program's size.
let lean: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "--strip-debug"], .when(configuration: .release))
]

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict,
    linkerSettings: lean)
}

/// A test target that mirrors the sources at `path`.
func tests(
  _ name: String, at path: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(path)",
    exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "slipway",
  products: [
    .executable(name: "app", targets: ["App"]),
    .executable(name: "ops", targets: ["Ops"]),
  ],
  dependencies: [],
  targets: [
    cLibrary("CLinux"),
    cLibrary("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    cLibrary("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
    cLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    cLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    cLibrary("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    cLibrary("CJansson", pkgConfig: "jansson", apt: "libjansson-dev"),
    cLibrary("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    cLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    cLibrary("CExpat", pkgConfig: "expat", apt: "libexpat1-dev"),

    library("Core"),
    library("POSIX", ["Core", "CLinux"]),
    library("JSON", ["Core", "CJansson"]),
    library("Logging", ["Core", "POSIX", "JSON"]),
    library("Crypto", ["Core", "CCrypto"]),
    library("YAML", ["Core", "CYAML"]),
    library("Subprocess", ["Core", "POSIX", "CLinux"]),
    library("Handover", ["Core", "POSIX", "JSON", "CLinux"]),
    library("Tokens", ["Core", "JSON", "Crypto"]),
    library("HTTPServer", ["Core", "POSIX", "JSON", "CMicroHTTPD", "CZlib", "CLinux"]),
    library("HTTPClient", ["Core", "POSIX", "CCurl", "CLinux"]),
    library("XML", ["CExpat"]),
    library("ObjectStorage", ["Core", "POSIX", "JSON", "Crypto", "XML", "HTTPClient"]),
    library("SQL", ["Core", "CPostgres", "CSQLite"]),
    library("CSV"),
    library("Migrations", ["Core", "POSIX", "Crypto", "SQL"]),
    library("Schema", ["Core", "Migrations", "SQL"], exclude: ["Migrations"]),

    program(
      "App",
      [
        "Core", "POSIX", "JSON", "Logging", "Crypto", "Handover", "HTTPServer", "HTTPClient", "SQL",
        "CSV", "YAML", "Tokens", "Migrations", "Schema",
      ]
    ),
    program(
      "Ops",
      [
        "Core", "POSIX", "JSON", "Logging", "Crypto", "YAML", "Subprocess", "Handover",
        "HTTPClient", "ObjectStorage", "SQL", "Tokens", "Migrations", "Schema",
      ]),

    .target(
      name: "TestSupport", dependencies: ["Core", "POSIX", "Subprocess"], path: "Tests/Support",
      exclude: ["upstream_double.py"], swiftSettings: strict),
    tests("TidyTests", at: "Tidy", []),
    tests("CoreTests", at: "Libraries/Core", ["Core"]),
    tests("POSIXTests", at: "Libraries/POSIX", ["POSIX", "Subprocess", "Core"]),
    tests("JSONTests", at: "Libraries/JSON", ["JSON", "Core"]),
    tests("LoggingTests", at: "Libraries/Logging", ["Logging", "JSON", "POSIX", "Core"]),
    tests("CryptoTests", at: "Libraries/Crypto", ["Crypto", "Core"]),
    tests("YAMLTests", at: "Libraries/YAML", ["YAML", "Core"]),
    tests("SubprocessTests", at: "Libraries/Subprocess", ["Subprocess", "POSIX", "Core"]),
    tests("HandoverTests", at: "Libraries/Handover", ["Handover", "JSON", "POSIX", "Core"]),
    tests("TokensTests", at: "Libraries/Tokens", ["Tokens", "Crypto", "JSON", "Core"]),
    tests(
      "HTTPServerTests", at: "Libraries/HTTPServer",
      ["HTTPServer", "Handover", "POSIX", "JSON", "Core", "CZlib"]),
    tests(
      "HTTPClientTests", at: "Libraries/HTTPClient",
      ["HTTPClient", "Subprocess", "POSIX", "Core", "CCurl"]),
    tests("XMLTests", at: "Libraries/XML", ["XML"]),
    tests(
      "ObjectStorageTests", at: "Libraries/ObjectStorage",
      ["ObjectStorage", "HTTPClient", "Crypto", "JSON", "POSIX", "Core"]),
    tests("CSVTests", at: "Libraries/CSV", ["CSV"]),
    tests("SQLTests", at: "Libraries/SQL", ["SQL", "POSIX", "Core"]),
    tests(
      "MigrationsTests", at: "Libraries/Migrations",
      ["Migrations", "Schema", "SQL", "POSIX", "Core"]),
    tests(
      "AppTests", at: "App",
      [
        "App", "HTTPServer", "HTTPClient", "Handover", "Logging", "SQL", "Migrations", "Schema",
        "Subprocess", "JSON", "Crypto", "Tokens", "POSIX", "Core",
      ], exclude: ["Golden"]),
    tests(
      "OpsTests", at: "Ops",
      [
        "Ops", "YAML", "JSON", "Subprocess", "HTTPClient", "Handover", "ObjectStorage", "POSIX",
        "SQL",
        "Migrations", "Schema", "Logging", "Crypto", "Tokens", "Core",
      ],
      exclude: ["Golden", "Supervisor/replica.py", "Witness/streams", "Rollout/journals"]),
  ]
)
