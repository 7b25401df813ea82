package io.weft.config.resource;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The whole configuration at one revision, with its indexes. Immutable: any thread may read it for as long as it likes.
 *
 * <p>Two objects that claim the same key would be a broken store; {@link #with} refuses them.
 */
public final class Image {
    private static final Image EMPTY = new Image(
            0,
            SortedTree.empty(),
            SortedTree.empty(),
            SortedTree.empty(),
            SortedTree.empty(),
            SortedTree.empty(),
            SortedTree.empty(),
            SortedTree.empty());

    private final long revision;
    private final SortedTree<Resource> objects;
    private final SortedTree<String> names;
    private final SortedTree<String> byType;
    private final SortedTree<String> children;
    private final SortedTree<String> backRefs;
    private final SortedTree<String> claims;
    private final SortedTree<String> mentions;

    private Image(
            long revision,
            SortedTree<Resource> objects,
            SortedTree<String> names,
            SortedTree<String> byType,
            SortedTree<String> children,
            SortedTree<String> backRefs,
            SortedTree<String> claims,
            SortedTree<String> mentions) {
        this.revision = revision;
        this.objects = objects;
        this.names = names;
        this.byType = byType;
        this.children = children;
        this.backRefs = backRefs;
        this.claims = claims;
        this.mentions = mentions;
    }

    public static Image empty() {
        return EMPTY;
    }

    public long revision() {
        return revision;
    }

    public int size() {
        return objects.size();
    }

    /** The object, or null. */
    public Resource get(String uuid) {
        return objects.get(uuid);
    }

    /** The object when it is there and of that type, otherwise null. */
    public Resource get(String type, String uuid) {
        Resource found = objects.get(uuid);
        return found != null && found.type().equals(type) ? found : null;
    }

    /** The object of that type and name, or null. */
    public Resource named(String type, List<String> fqName) {
        String uuid = names.get(type + "/" + String.join(":", fqName));
        return uuid == null ? null : objects.get(uuid);
    }

    public int count(String type) {
        return byType.count(type + "/", type + "/~");
    }

    public void forEach(Consumer<Resource> visitor) {
        objects.forEach("", (uuid, resource) -> visitor.accept(resource));
    }

    /** All objects of a type in the order of their uuids. */
    public void forEachOfType(String type, Consumer<Resource> visitor) {
        byType.forEach(type + "/", (key, uuid) -> visitor.accept(objects.get(uuid)));
    }

    /** Children of that type; null for all types. */
    public void forEachChild(String parentUuid, String type, Consumer<Resource> visitor) {
        children.forEach(
                parentUuid + "/" + (type == null ? "" : type + "/"), (key, uuid) -> visitor.accept(objects.get(uuid)));
    }

    /** Objects of that type which refer to the object; null for all types. */
    public void forEachBackRef(String targetUuid, String type, Consumer<Resource> visitor) {
        backRefs.forEach(
                targetUuid + "/" + (type == null ? "" : type + "/"), (key, uuid) -> visitor.accept(objects.get(uuid)));
    }

    /** Objects whose properties name that key of {@link Mentions}. */
    public void forEachMention(String key, Consumer<Resource> visitor) {
        mentions.forEach(mentionKey(key, ""), (found, uuid) -> visitor.accept(objects.get(uuid)));
    }

    /** Claim key -> uuid of its holder. */
    public SortedTree<String> claims() {
        return claims;
    }

    public Image atRevision(long value) {
        return new Image(value, objects, names, byType, children, backRefs, claims, mentions);
    }

    /** The image after a change-set of the next revision. */
    public Image after(ChangeSet changeSet) {
        if (changeSet.revision() != revision + 1) {
            throw new IllegalArgumentException(
                    "revision " + changeSet.revision() + " does not follow revision " + revision);
        }
        Image image = this;
        for (Change change : changeSet.changes()) {
            if (change instanceof Change.Remove) {
                image = image.without(change.uuid());
            }
        }
        for (Change change : changeSet.changes()) {
            if (change instanceof Change.Put put) {
                image = image.with(put.resource());
            }
        }
        return image.atRevision(changeSet.revision());
    }

    /** With the object put in place of one of the same uuid, if there is one. */
    public Image with(Resource resource) {
        Image base = objects.has(resource.uuid()) ? without(resource.uuid()) : this;
        String uuid = resource.uuid();
        String name = nameKey(resource);
        if (base.names.has(name)) {
            throw new IllegalStateException(name + " has the uuids " + base.names.get(name) + " and " + uuid);
        }
        SortedTree<String> newChildren = resource.parentUuid() == null
                ? base.children
                : base.children.with(resource.parentUuid() + "/" + resource.type() + "/" + uuid, uuid);
        SortedTree<String> newBackRefs = base.backRefs;
        for (List<Ref> refs : resource.references().values()) {
            for (Ref ref : refs) {
                newBackRefs = newBackRefs.with(ref.uuid() + "/" + resource.type() + "/" + uuid, uuid);
            }
        }
        SortedTree<String> newClaims = base.claims;
        for (String claim : Claims.of(resource)) {
            String holder = newClaims.get(claim);
            if (holder != null) {
                throw new IllegalStateException(claim + " is claimed by " + holder + " and " + uuid);
            }
            newClaims = newClaims.with(claim, uuid);
        }
        SortedTree<String> newMentions = base.mentions;
        for (String mention : Mentions.of(resource)) {
            newMentions = newMentions.with(mentionKey(mention, uuid), uuid);
        }
        return new Image(
                revision,
                base.objects.with(uuid, resource),
                base.names.with(name, uuid),
                base.byType.with(resource.type() + "/" + uuid, uuid),
                newChildren,
                newBackRefs,
                newClaims,
                newMentions);
    }

    public Image without(String uuid) {
        Resource resource = Objects.requireNonNull(objects.get(uuid), uuid);
        SortedTree<String> newChildren = resource.parentUuid() == null
                ? children
                : children.without(resource.parentUuid() + "/" + resource.type() + "/" + uuid);
        SortedTree<String> newBackRefs = backRefs;
        for (List<Ref> refs : resource.references().values()) {
            for (Ref ref : refs) {
                newBackRefs = newBackRefs.without(ref.uuid() + "/" + resource.type() + "/" + uuid);
            }
        }
        SortedTree<String> newClaims = claims;
        for (String claim : Claims.of(resource)) {
            newClaims = newClaims.without(claim);
        }
        SortedTree<String> newMentions = mentions;
        for (String mention : Mentions.of(resource)) {
            newMentions = newMentions.without(mentionKey(mention, uuid));
        }
        return new Image(
                revision,
                objects.without(uuid),
                names.without(nameKey(resource)),
                byType.without(resource.type() + "/" + uuid),
                newChildren,
                newBackRefs,
                newClaims,
                newMentions);
    }

    /** Names hold no control characters, so no name's keys are among those of a longer one. */
    private static String mentionKey(String mention, String uuid) {
        return mention + '\n' + uuid;
    }

    private static String nameKey(Resource resource) {
        return resource.type() + "/" + resource.fullName();
    }
}
