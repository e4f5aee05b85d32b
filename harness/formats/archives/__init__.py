"""Archives: zip, tar, ar, cpio, NAR, squashfs, images, and what is compressed."""
