package io.weft.cni;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Versions of the CNI specification that are spoken, oldest first. */
public enum CniVersion {
    V0_1_0("0.1.0"),
    V0_2_0("0.2.0"),
    V0_3_0("0.3.0"),
    V0_3_1("0.3.1"),
    V0_4_0("0.4.0"),
    V1_0_0("1.0.0"),
    V1_1_0("1.1.0");

    private final String text;

    CniVersion(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    public static Optional<CniVersion> parse(String text) {
        return Arrays.stream(values()).filter(v -> v.text.equals(text)).findFirst();
    }

    public static List<String> supported() {
        return Arrays.stream(values()).map(CniVersion::text).toList();
    }

    boolean atLeast(CniVersion other) {
        return compareTo(other) >= 0;
    }
}
