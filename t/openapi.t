# GET /openapi.json: well-formed, complete, and true.

use utf8;
use CRM::Test;

use JSON::PP ();
use Mojo::JSON qw(encode_json);

my $crm = CRM::Test->tenant;
my $res = $crm->get('/openapi.json', token => undef);

$crm->status_ok($res, 200, 'public');
is($res->header('Content-Type'), 'application/json', 'content type');

my $doc = $res->json;

is($doc->{openapi}, '3.1.0', 'version of OpenAPI');
is($doc->{servers}[0]{url}, '/crm/v1', 'the prefix of the location');

my $tag = $res->header('ETag');

like($tag, qr/^"[0-9a-f]{16}"$/, 'ETag');
is($crm->get('/openapi.json', headers => { 'If-None-Match' => $tag })->status,
   304, 'not modified');
is($crm->get('/openapi.json')->header('ETag'), $tag,
   'the same from every worker') for 1 .. 4;
is($crm->head('/openapi.json', token => undef)->status, 200, 'HEAD');
is($crm->req('DELETE', '/openapi.json')->status, 405, 'nothing else');


# ---- its inner consistency -----------------------------------------------

sub resolve {
    my ($ref) = @_;

    my $at = $doc;

    for my $step (split m{/}, $ref =~ s{^#/}{}r) {
        $at = ref $at eq 'HASH' ? $at->{$step} : undef;
    }

    return $at;
}


sub refs {
    my ($at) = @_;

    return map { refs($_) } @$at if ref $at eq 'ARRAY';
    return () if ref $at ne 'HASH';
    return ($at->{'$ref'}) if exists $at->{'$ref'};
    return map { refs($_) } values %$at;
}


# [path, method, operation, parameters with references followed]

my @operations;

for my $path (sort keys %{ $doc->{paths} }) {
    for my $method (sort keys %{ $doc->{paths}{$path} }) {
        next if $method eq 'parameters';

        my $operation = $doc->{paths}{$path}{$method};

        push @operations, [
            $path, $method, $operation,
            [ map { $_->{'$ref'} ? resolve($_->{'$ref'}) : $_ }
                  @{ $operation->{parameters} } ],
        ];
    }
}

is(join(' ', grep { !defined resolve($_) } refs($doc)), '',
   'every $ref resolves');

my %used = map { $_ => 1 } refs($doc);
my %unused = map { $_ => 1 }
             grep { !$used{"#/components/schemas/$_"} }
             keys %{ $doc->{components}{schemas} };

is(join(' ', sort keys %unused), '', 'every schema is used');

my (%ids, @wrong);

for (@operations) {
    my ($path, $method, $op, $params) = @$_;

    $ids{ $op->{operationId} }++;

    my @named = $path =~ /\{(\w+)\}/g;
    my @declared = map { $_->{name} } grep { $_->{in} eq 'path' && $_->{required} }
                   @{ $doc->{paths}{$path}{parameters} };

    push @wrong, "$path: path parameters" if "@named" ne "@declared";

    my %seen;
    $seen{"$_->{in} $_->{name}"}++ for @$params;
    push @wrong, "$method $path: $_ twice" for grep { $seen{$_} > 1 } keys %seen;

    push @wrong, "$method $path: x-role"
        if $op->{'x-role'} !~ /^(?:none|any|salesperson|manager|admin|mail_gateway)$/;
    push @wrong, "$method $path: summary" if !length $op->{summary};
    push @wrong, "$method $path: security"
        if ($op->{'x-role'} eq 'none') != (exists $op->{security});
    push @wrong, "$method $path: no success"
        if !grep { /^2/ } keys %{ $op->{responses} };
    push @wrong, "$method $path: a body"
        if $method =~ /^(?:get|delete)$/ && $op->{requestBody};
}

is(join("\n", @wrong), '', 'operations are complete');

# what a route answers beside its usual status

is(join(' ', grep { /^2/ } sort keys
        %{ $doc->{paths}{$_->[0]}{post}{responses} }), $_->[1],
   "POST $_->[0]: every success")
    for [ '/leads/bulk', '200 202' ], [ '/mail/inbound', '200 201' ],
        [ '/leads', '201' ], [ '/jobs/{id}/undo', '202' ];

my $check = $doc->{paths}{'/duplicates/check'}{post}{requestBody};

ok(!$check->{required}, 'a check requires no body');
is_deeply($check->{content}{'application/json'}{schema}{properties}{name}
          {type}, [qw(string null)], 'and no name');
is(join(' ', grep { $ids{$_} > 1 } sort keys %ids), '',
   'operationIds are unique');


# ---- against the sources -------------------------------------------------

sub source {
    my ($file) = @_;

    open my $fh, '<:encoding(UTF-8)', $file or die "$file: $!";
    local $/;

    return <$fh>;
}

my ($rows) = source('src/http/crm_routes.c') =~ /crm_routes\[\] = (.*)/s;
my %routes = map { $_ => 1 } $rows =~ /\w+_ROUTES?\((?:\w+,\s*)?"([^"]+)"/g;

$routes{"$_/{id}"} = 1 for $rows =~ /\w+_ROUTES\("([^"]+)"/g;

is(join(' ', sort keys %{ $doc->{paths} }), join(' ', sort keys %routes),
   'every route of the table, and no other');

my ($table) = source('src/domain/crm_problem.h')
              =~ /#define CRM_PROBLEMS\(X\)(.*?)typedef enum/s;
my %codes = map { $_ => 1 }
            $table =~ /X\(\w+,\s*[1-9]\d*,\s*"(\w+)"/g;

for my $response (values %{ $doc->{components}{responses} }) {
    my $schema = $response->{content}{'application/problem+json'}{schema};

    delete @codes{ @{ $schema->{allOf}[1]{properties}{code}{enum} } }
        if $schema->{allOf};
}

is(join(' ', sort keys %codes), '', 'every code of the problem table');


# ---- against the server --------------------------------------------------

# A value of this schema: what is wrong with it, in words.

sub faults {
    my ($schema, $value, $where) = @_;

    return faults(resolve($schema->{'$ref'}), $value, $where)
        if $schema->{'$ref'};

    my @faults = map { faults($_, $value, $where) } @{ $schema->{allOf} // [] };

    my @types = ref $schema->{type} ? @{ $schema->{type} }
                                    : $schema->{type} // ();
    my $type = type_of($value);

    return (@faults, "$where: $type, not @types")
        if @types && !grep { $_ eq $type || ($_ eq 'number' && $type eq 'integer') }
                      @types;

    push @faults, "$where: \"$value\" is no word of the enumeration"
        if $schema->{enum} && defined $value
           && !grep { defined && $_ eq $value } @{ $schema->{enum} };

    if ($type eq 'array' && $schema->{items}) {
        push @faults, map { faults($schema->{items}, $_, "$where\[]") } @$value;
    }

    if ($type eq 'object') {
        my $known = $schema->{properties} // {};

        push @faults, map { "$where.$_ is missing" }
                      grep { !exists $value->{$_} }
                      @{ $schema->{required} // [] };
        push @faults, map { faults($known->{$_}, $value->{$_}, "$where.$_") }
                      grep { exists $value->{$_} } sort keys %$known;
    }

    return @faults;
}


sub type_of {
    my ($value) = @_;

    return 'null'    if !defined $value;
    return 'array'   if ref $value eq 'ARRAY';
    return 'object'  if ref $value eq 'HASH';
    return 'boolean' if ref $value;
    return 'string'  if encode_json([$value]) =~ /^\["/;
    return $value =~ /^-?\d+\z/ ? 'integer' : 'number';
}


# an example of a field's value that the schema allows

sub example {
    my ($schema, $name, $required) = @_;

    return undef if $schema->{readOnly};

    my $type = ref $schema->{type} ? $schema->{type}[0] : $schema->{type} // '';
    my $format = $schema->{format} // '';

    return $schema->{enum}[-1] // $schema->{enum}[0] if $schema->{enum};
    return [ $schema->{minItems} ? instance($schema->{items}) : () ]
        if $type eq 'array';
    return JSON::PP::true()     if $type eq 'boolean';
    return $required ? 1 : undef if $type eq 'integer' && $name =~ /_id$/;
    return $schema->{maximum} // 5 if $type =~ /^(?:integer|number)$/;
    return '2026-11-23'         if $format eq 'date';
    return '2030-01-02T03:04:05Z' if $format eq 'date-time';
    return "$name\@a.example"   if $format eq 'idn-email';
    return { country => 'DE', currency => 'USD', timezone => 'Asia/Tehran',
             locale => 'fa', website => 'a.example', phone => '+49 30 123456',
             alias => 'openapi', pattern => '^.+$', replacement => '$0',
             exclude_pattern => 'x',
           }->{$name} // "A $name";
}


sub instance {
    my ($schema) = @_;

    my %must = map { $_ => 1 } @{ $schema->{required} // [] };
    my $known = $schema->{properties};
    my %body = map { $_ => example($known->{$_}, $_, $must{$_}) } keys %$known;

    delete @body{ grep { !defined $body{$_} } keys %body };

    return \%body;
}


$crm->patch('/settings', { use_leads => \1 });
$crm->post('/leads', { name => 'To plan something for', type => 'lead' });


# the contents of every object that can be created

for (@operations) {
    my ($path, $method, $op) = @$_;

    my $ref = $op->{requestBody}{content}{'application/json'}{schema}{'$ref'};

    next if $method ne 'post' || !$ref || $ref !~ m{/schemas/(\w+)Create$};

    my $kind   = $1;
    my %body   = %{ instance(resolve($ref)) };

    $body{type} = 'opportunity' if $kind eq 'Lead';
    $body{role} = 'salesperson' if $kind eq 'User';
    $body{lead_id} = 1 if $path eq '/activities';

    if ($kind eq 'Activity') {
        $body{type_id} = 3;             # a meeting
        $body{end_at} = '2030-01-02T04:04:05Z';
    }

    my $res = $crm->post($path =~ s/\{\w+\}/1/gr, \%body);

    $crm->status_ok($res, 201, "$kind: every documented field at once");

    my ($documented) = grep { $_->{schema} }
                       values %{ $op->{responses}{201}{content} };

    is(join("\n", faults($documented->{schema}, $res->json, $kind)), '',
       "$kind: the answer is what the document says");

    my %known = %{ resolve("#/components/schemas/$kind")->{properties} };

    delete $known{$_} for grep {
        ($known{$_}{description} // '') =~ /^Left out/
    } keys %known;

    is(join(' ', sort grep { $kind ne 'Token' || $_ ne 'token' }
                 keys %{ $res->json }),
       join(' ', sort keys %known), "$kind: and every field is in it");

    $crm->problem_ok($crm->post($path =~ s/\{\w+\}/1/gr,
                                { %body, no_such_field => 1 }),
                     422, 'validation', undef, "$kind: unknown field");
}

$crm->post('/tags', { name => 'One' });


# every GET, and every parameter of it

sub values_of {
    my ($param) = @_;

    my $schema = $param->{schema};

    return { limit => [2], total => ['true'], cursor => [], q => ['open'],
             'If-None-Match' => [], 'If-Match' => [],
             to => ['2026-11-24T00:00:00Z'],
           }->{ $param->{name} } // [
        $schema->{type} eq 'array'
        ? map { $_->{const} // () , @{ $_->{enum} // [] },
                ($_->{type} // '') eq 'integer' ? 1 : (),
                ($_->{type} // '') eq 'string' && !$_->{enum}
                    ? ($param->{name} =~ /^country/ ? 'DE' : 'a@a.example') : () }
              map { $_->{anyOf} ? @{ $_->{anyOf} } : $_ } $schema->{items}
        : $schema->{enum} ? @{ $schema->{enum} }
        : $schema->{type} eq 'integer' ? 1
        : ($schema->{format} // '') eq 'date' ? '2026-11-23'
        : ($schema->{format} // '') eq 'date-time' ? '2026-11-23T00:00:00Z'
        : '1'
    ];
}


for (@operations) {
    my ($path, $method, $op, $params) = @$_;

    next if $method ne 'get' || $path =~ m{^/(?:jobs/|calendar\.ics)};

    my $real = $path =~ s/\{\w+\}/1/gr;
    my %need = map { $_->{name} => values_of($_)->[0] }
               grep { $_->{in} eq 'query' && $_->{required} } @$params;
    my $res  = $crm->get($real, query => \%need);

    $crm->status_ok($res, 200, "GET $real") or next;

    my $schema = $op->{responses}{200}{content}{'application/json'}{schema};

    is(join("\n", faults($schema, $res->json, 'answer')), '',
       "GET $path is what the document says");

    my @refused;

    for my $param (grep { $_->{in} eq 'query' } @$params) {
        for my $value (@{ values_of($param) }) {
            my %query = (%need, $param->{name} => $value);
            $query{stage_id} = 1 if $value =~ /^-?position$/;

            my $res = $crm->get($real, query => \%query);

            push @refused, "$param->{name}=$value: " . $res->describe
                if $res->status != 200;
        }
    }

    is(join("\n", @refused), '', "GET $path takes its parameters");
}


# ---- methods -------------------------------------------------------------

my @differ;

for my $path (sort keys %{ $doc->{paths} }) {
    my %documented = map { uc $_ => 1 } grep { $_ ne 'parameters' }
                     keys %{ $doc->{paths}{$path} };
    $documented{HEAD} = 1 if $documented{GET};

    my $res = $crm->req('PUT', $path =~ s/\{\w+\}/1/gr);
    my $allow = join ' ', sort split /, /, $res->header('Allow') // '';

    push @differ, "$path: " . $res->status . " Allow: $allow"
        if $res->status != 405 || $allow ne join ' ', sort keys %documented;
}

is(join("\n", @differ), '', 'Allow says the same methods');

done_testing;
