import CLinux

/// What becomes of memory that this process has freed.
public enum FreedMemory {
  /// As long as what streams are cut into, or longer; in bytes.
  private static let blockBytesMin: Int32 = 1 << 20

  /// Gives large blocks back at once, from now on.
  ///
  /// Without it the allocator takes the size of what was freed for that of what will be asked for,
  /// and keeps such blocks: how many of them is chance.
  /// https://man7.org/linux/man-pages/man3/mallopt.3.html
  public static func returnLargeBlocks() {
    _ = mallopt(M_MMAP_THRESHOLD, blockBytesMin)
  }
}
