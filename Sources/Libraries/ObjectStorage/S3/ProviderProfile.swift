/// A provider of object storage that says that it speaks S3.
public enum Provider: String, Sendable, CaseIterable {
  /// Amazon S3.
  case aws
  /// Google Cloud Storage, by its XML API.
  case gcs
  /// Cloudflare R2.
  case r2
  /// Backblaze B2.
  case b2
  /// Scaleway Object Storage.
  case scaleway
  /// Wasabi.
  case wasabi
  /// Ceph's RADOS gateway.
  case ceph
  /// MinIO.
  case minio
  /// OpenStack Swift with s3api.
  case openstack
  /// The double of AWS that tests use.
  case moto
}

/// What is known of a provider: where it differs from what Amazon wrote down.
public struct ProviderProfile: Sendable, Equatable {
  /// How a provider keeps an object from being replaced.
  public enum ConditionalWrites: String, Sendable {
    /// `If-None-Match: *`.
    case ifNoneMatch = "if-none-match"
    /// `x-goog-if-generation-match: 0`.
    case generation
    /// Not at all: whoever writes looks first, and two may write at the same moment.
    case looksFirst = "looks-first"
    /// Of some versions only: looks first, and asks for it.
    case both
  }

  /// The provider.
  public let provider: Provider
  /// What it asks of parts.
  public let partRules: PartRules
  /// How it keeps objects from being replaced.
  public let conditionalWrites: ConditionalWrites
  /// Whether `x-amz-checksum-sha256` may go along; others than these refuse it.
  public let sendsChecksums: Bool
  /// Whether the bucket stands in the path rather than in the host's name.
  public let usesPathStyle: Bool
  /// The region that counts where none is named.
  public let regionDefault: String?

  /// The endpoint of a region; nil where it is the operator's own.
  public func endpoint(region: String) -> String? {
    switch provider {
    case .aws: "https://s3.\(region).\(Self.domain(region))"
    case .gcs: "https://storage.googleapis.com"
    case .b2: "https://s3.\(region).backblazeb2.com"
    case .scaleway: "https://s3.\(region).scw.cloud"
    case .wasabi: "https://s3.\(region).wasabisys.com"
    case .r2, .ceph, .minio, .openstack, .moto: nil
    }
  }

  /// China is a partition of its own.
  private static func domain(_ region: String) -> String {
    region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
  }

  private static let mebibyte: Int64 = 1024 * 1024
  private static let partBytesMax = 5 * 1024 * mebibyte

  /// What is known of `provider`.
  public init(_ provider: Provider) {
    self.provider = provider
    let partsMax =
      switch provider {
      case .scaleway, .openstack: 1000
      default: 10_000
      }
    partRules = PartRules(
      partBytesMin: 5 * Self.mebibyte, partBytesMax: Self.partBytesMax, partsMax: partsMax)
    conditionalWrites =
      switch provider {
      case .aws, .r2, .scaleway, .openstack, .moto: .ifNoneMatch
      case .gcs: .generation
      case .b2, .wasabi: .looksFirst
      case .ceph, .minio: .both
      }
    sendsChecksums = [.aws, .moto].contains(provider)
    usesPathStyle = ![.aws, .scaleway, .wasabi, .b2].contains(provider)
    regionDefault =
      switch provider {
      case .gcs, .r2: "auto"
      case .ceph, .minio, .openstack, .moto: "us-east-1"
      case .aws, .b2, .scaleway, .wasabi: nil
      }
  }
}
