package io.weft.cni;

/** Error codes of the CNI specification, section "Error"; 100 and up are the plugin's own. */
public enum CniError {
    INCOMPATIBLE_VERSION(1),
    UNSUPPORTED_FIELD(2),
    UNKNOWN_CONTAINER(3),
    INVALID_ENVIRONMENT(4),
    IO(5),
    DECODE(6),
    INVALID_CONFIG(7),
    TRY_AGAIN(11),
    NOT_AVAILABLE(50),
    LIMITED_CONNECTIVITY(51),
    /** The answer of CHECK when the attachment is not as it was left; and what nothing else fits. */
    FAILED(100);

    private final int code;

    CniError(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
